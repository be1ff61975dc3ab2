/** An event as the service's event table has it. */
export interface CommittedEvent {
  readonly id: string
  readonly key: string
}

/** The same as a topic has it. */
export interface PublishedEvent extends CommittedEvent {
  readonly partition: number
}

/** How a topic compares with what was committed for it. */
export interface KeyOrder {
  readonly records: number
  /** Of them, those that were there before: published again after a crash. */
  readonly repetitions: number
  readonly keys: number
  /** In order, nothing missing, nothing too many: then there are none. */
  readonly faults: readonly string[]
}

/**
 * Whether each key's events stand in a topic as they were committed: repetitions dropped, the same ones, in the same
 * order, in one partition.
 * @param committed in the order of the commits
 * @param published each partition's in its order
 */
export function compareOrder(
  committed: readonly CommittedEvent[],
  published: Iterable<PublishedEvent>,
): KeyOrder {
  const places = new Map(committed.map(({ id }, place) => [id, place]))
  const seen = new Set<string>()
  const keys = new Map<string, { partition: number; place: number }>()
  const faults: string[] = []
  let records = 0

  for (const { id, key, partition } of published) {
    records += 1
    if (seen.has(id)) continue
    seen.add(id)
    const place = places.get(id)
    const before = keys.get(key)
    if (place === undefined) {
      faults.push(`event ${id} of key ${key} was never committed`)
      continue
    }
    keys.set(key, { partition, place })
    if (committed[place]!.key !== key) faults.push(`event ${id} has key ${key}, committed with another`)
    if (before !== undefined && before.partition !== partition) {
      faults.push(`key ${key} is in partitions ${before.partition} and ${partition}`)
    }
    if (before !== undefined && before.place > place) {
      faults.push(`key ${key}: event ${id} comes after ${committed[before.place]!.id}, committed before it`)
    }
  }
  const missing = committed.filter(({ id }) => !seen.has(id))
  faults.push(...missing.map(({ id, key }) => `event ${id} of key ${key} is missing`))
  return { records, repetitions: records - seen.size, keys: keys.size, faults }
}

import type { Poll } from '../../ports/log.ts'
import type { Offset } from '../../ports/store.ts'
import {
  type Lane,
  laneSource,
  nameOf,
  numbers,
  ofLane,
  type Partition,
  placeOf,
  type Source,
} from './store-log-partition.ts'

/** The partitions of a group that are this process's own. */
export class OwnPartitions {
  /** Of all that there are. */
  readonly names: readonly string[]
  readonly #all: readonly Pick<Partition, 'name' | 'source' | 'number'>[]
  readonly #from: (source: string, partition: number) => Promise<Offset | undefined>
  #own: ReadonlySet<string>
  /** By name, once they are begun. */
  #begun = new Map<string, Partition>()

  /**
   * @param isShared whether others may have some: then none are its own, until they are given
   * @param from the offset saved for a lane
   */
  constructor(
    sources: readonly Source[],
    isShared: boolean,
    from: (source: string, partition: number) => Promise<Offset | undefined>,
  ) {
    this.#all = sources.flatMap((source) =>
      numbers.map((number) => ({ name: nameOf(source.store.service, number), source, number })),
    )
    this.names = this.#all.map(({ name }) => name)
    this.#own = new Set(isShared ? [] : this.names)
    this.#from = from
  }

  /** Those that it has in hand, its own or not. */
  get begun(): readonly string[] {
    return [...this.#begun.keys()]
  }

  /** From now on these are its own. */
  give(own: ReadonlySet<string>): void {
    this.#own = own
    for (const [name, partition] of this.#begun) partition.leaving = !own.has(name)
  }

  /** Begins what has come to it, each at its saved position. */
  async begin(): Promise<void> {
    const begun = this.#begun
    const fresh = this.#all.filter(({ name }) => this.#own.has(name) && !begun.has(name))
    await Promise.all(
      fresh.map(async ({ name, source, number }) => {
        const lanes = await Promise.all(source.topics.map((topic) => this.#laneOf(source, topic, number)))
        if (!this.#own.has(name)) return
        const byTopic = new Map(lanes.map((lane) => [lane.topic, lane]))
        begun.set(name, { name, source, number, lanes: byTopic, leaving: false })
        source.stale = true
      }),
    )
  }

  /** Lets go of what is to leave, once nothing of it is in hand; `undefined`: there is nothing to let go. */
  letGo(): Poll | undefined {
    const gone = [...this.#begun.values()].filter((one) => one.leaving && !isInHand(one))
    if (gone.length === 0) return undefined
    for (const { name } of gone) this.#begun.delete(name)
    const places = gone.flatMap((one) => [...one.lanes.values()].map((lane) => placeOf(one, lane)))
    return { messages: [], next: [], gone: places }
  }

  /** What is to be read now, by source. */
  stale(): ReadonlyMap<Source, readonly Partition[]> {
    const wanted = [...this.#begun.values()].filter(({ source, leaving }) => source.stale && !leaving)
    return Map.groupBy(wanted, ({ source }) => source)
  }

  /** Whether it is read on: what has left, or was read before all was forgotten, is of another owner's time. */
  isRead(partition: Partition): boolean {
    return this.#begun.get(partition.name) === partition && !partition.leaving
  }

  /** @returns whether there may be something to let go now */
  saved(offsets: readonly Offset[]): boolean {
    let mayGo = false
    for (const { source, partition: number, next } of offsets) {
      const { service, topic } = ofLane(source)
      const partition = this.#begun.get(nameOf(service, number))
      const lane = partition?.lanes.get(topic)
      if (lane?.inHand === undefined || next < lane.inHand) continue
      lane.inHand = undefined
      mayGo ||= partition!.leaving
    }
    return mayGo
  }

  /** Begins all of them anew. */
  forget(): void {
    this.#begun = new Map()
  }

  async #laneOf({ store }: Source, topic: string, number: number): Promise<Lane> {
    const source = laneSource(store.service, topic)
    const saved = await this.#from(source, number)
    const next = Math.max(1, saved?.next ?? 1)
    return { topic, source, next, told: next, inHand: undefined }
  }
}

function isInHand({ lanes }: Partition): boolean {
  return [...lanes.values()].some(({ inHand }) => inHand !== undefined)
}

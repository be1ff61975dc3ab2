import {
  needNothing,
  type Offset,
  type ServiceDef,
  type Store,
  type SystemDef,
  writeNothing,
} from '@waybill/core'
import type { PartitionEnds } from '@waybill/kafka'
import { logOf, relaySource } from './offset-rows.ts'
import { storePartitions, storeSources, topicsPublished, topicsRead } from './store-sources.ts'

type Stores = ReadonlyMap<string, Pick<Store, 'offsets' | 'published' | 'transact'>>

/**
 * Sets the positions of all services to the end of what there is, in the log that they will read from now on. What they
 * held of the other one is forgotten. May be done again when it was cut off.
 * @param options.ends of the system's topics, if Kafka is the log from now on; else the stores are
 * @param options.forget forgets offsets of a service by their sources
 */
export async function carryOver(options: {
  system: SystemDef
  stores: Stores
  ends: readonly PartitionEnds[] | undefined
  forget: (service: string, sources: readonly string[]) => Promise<void>
}): Promise<void> {
  const { system, stores, ends, forget } = options
  const heads = await headsOf(system, stores)
  for (const service of system.services) {
    const store = stores.get(service.name)!
    const before = await store.offsets()
    const wanted =
      ends === undefined ? storeOffsets(system, service, heads) : kafkaOffsets(service, ends, heads)
    // An offset of 0 is none.
    const offsets = wanted
      .map((offset) => ({ ...offset, expected: nextOf(before, offset) }))
      .filter(({ next, expected }) => next !== expected)
    await store.transact(needNothing, () => ({ ...writeNothing, offsets }))
    const left = ends === undefined ? 'kafka' : 'store'
    const gone = before.filter(({ source }) => logOf(source, system) === left).map(({ source }) => source)
    await forget(service.name, [...new Set(gone)])
  }
}

function storeOffsets(system: SystemDef, service: ServiceDef, heads: ReadonlyMap<string, number>): Offset[] {
  return storeSources(system, service).flatMap(({ source, producer }) =>
    storePartitions.map((partition) => ({
      source,
      partition,
      next: heads.get(producer)! + 1,
      mark: undefined,
    })),
  )
}

function kafkaOffsets(
  service: ServiceDef,
  ends: readonly PartitionEnds[],
  heads: ReadonlyMap<string, number>,
): Offset[] {
  const topics = topicsRead(service)
  const read = ends
    .filter(({ topic }) => topics.includes(topic))
    .map(({ topic, partition, end }) => ({ source: topic, partition, next: end, mark: undefined }))
  // The relay keeps the last position that is published, not the next one.
  const relay = { source: relaySource, partition: 0, next: heads.get(service.name)!, mark: undefined }
  return topicsPublished(service).length === 0 ? read : [...read, relay]
}

/** The position of the last event of each service that publishes; 0: none. */
async function headsOf(system: SystemDef, stores: Stores): Promise<ReadonlyMap<string, number>> {
  const saved = (await Promise.all(system.services.map(({ name }) => stores.get(name)!.offsets()))).flat()
  const heads = new Map<string, number>()
  for (const service of system.services) {
    const topics = topicsPublished(service)
    if (topics.length === 0) continue
    const store = stores.get(service.name)!
    const own = (await store.offsets()).find(({ source }) => source === relaySource)
    // Somebody was as far at least: what lies before need not be gone through.
    const known = saved
      .filter(({ source }) => source.startsWith(`${service.name}/`))
      .map(({ next }) => next - 1)
    heads.set(service.name, await headOf(store, topics, Math.max(0, own?.next ?? 0, ...known)))
  }
  return heads
}

async function headOf(
  store: Pick<Store, 'published'>,
  topics: readonly string[],
  known: number,
): Promise<number> {
  for (let after = known; ;) {
    const { upTo, atEnd } = await store.published(after, topics, 1_000)
    if (atEnd) return upTo
    after = upTo
  }
}

function nextOf(offsets: readonly Offset[], { source, partition }: Offset): number {
  return offsets.find((one) => one.source === source && one.partition === partition)?.next ?? 0
}

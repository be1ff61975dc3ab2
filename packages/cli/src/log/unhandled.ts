import { type Offset, type ServiceDef, sizes, type Store, type SystemDef } from '@waybill/core'
import type { PartitionEnds } from '@waybill/kafka'
import { relaySource } from './offset-rows.ts'
import {
  storePartitionOf,
  storePartitions,
  storeSources,
  topicsPublished,
  topicsRead,
} from './store-sources.ts'

/** Events that are published and that a service has not handled yet, or that are not even published yet. */
export interface Unhandled {
  readonly service: string
  /** What it has to read, or `the topics of …`: what it has to publish. */
  readonly source: string
  readonly events: number
}

type Stores = ReadonlyMap<string, Pick<Store, 'offsets' | 'published'>>

/** What is left where the stores are the log. */
export async function unhandledOfStores(system: SystemDef, stores: Stores): Promise<readonly Unhandled[]> {
  const found: Unhandled[] = []
  for (const consumer of system.services) {
    const offsets = await stores.get(consumer.name)!.offsets()
    for (const { source, producer, topic } of storeSources(system, consumer)) {
      const next = storePartitions.map((partition) => nextOf(offsets, source, partition))
      const events = await count(stores.get(producer)!, [topic], Math.min(...next), (event) => {
        return event.position >= next[storePartitionOf(event)]!
      })
      if (events > 0) found.push({ service: consumer.name, source, events })
    }
  }
  return found
}

/** What is left where Kafka is the log. @param ends of the system's topics */
export async function unhandledOfKafka(
  system: SystemDef,
  stores: Stores,
  ends: readonly PartitionEnds[],
): Promise<readonly Unhandled[]> {
  const found: Unhandled[] = []
  for (const service of system.services) {
    const store = stores.get(service.name)!
    const offsets = await store.offsets()
    const unpublished = await unpublishedOf(service, store, offsets)
    if (unpublished > 0)
      found.push({ service: service.name, source: `the topics of ${service.name}`, events: unpublished })
    for (const topic of topicsRead(service)) {
      const events = ends
        .filter((partition) => partition.topic === topic)
        .map(({ partition, first, end }) => end - Math.max(first, nextOf(offsets, topic, partition)))
        .reduce((sum, left) => sum + Math.max(0, left), 0)
      if (events > 0) found.push({ service: service.name, source: topic, events })
    }
  }
  return found
}

async function unpublishedOf(
  service: ServiceDef,
  store: Pick<Store, 'published'>,
  offsets: readonly Offset[],
): Promise<number> {
  const topics = topicsPublished(service)
  return topics.length === 0 ? 0 : count(store, topics, nextOf(offsets, relaySource, 0) + 1, () => true)
}

async function count(
  store: Pick<Store, 'published'>,
  topics: readonly string[],
  from: number,
  counts: (event: { readonly key: string; readonly position: number }) => boolean,
): Promise<number> {
  let found = 0
  for (let after = Math.max(0, from - 1); ;) {
    const { events, upTo, atEnd } = await store.published(after, topics, sizes.pageEventsMax)
    found += events.filter(counts).length
    if (atEnd) return found
    after = upTo
  }
}

function nextOf(offsets: readonly Offset[], source: string, partition: number): number {
  return offsets.find((one) => one.source === source && one.partition === partition)?.next ?? 0
}

import { emittedBy, receivedBy, type ServiceDef, type StoredEvent, type SystemDef } from '@waybill/core'

/** Where the stores are the log: what one service reads of another, one topic of it. */
export interface StoreSource {
  /** As offsets name it. */
  readonly source: string
  readonly producer: string
  readonly topic: string
}

const partitionCount = 8
/** A source's partitions. They divide the keys, and never change: positions are saved by them. */
export const storePartitions: readonly number[] = Array.from(
  { length: partitionCount },
  (_, number) => number,
)

/** The topics that a service reads. */
export function topicsRead(consumer: ServiceDef): readonly string[] {
  return [...new Set([...receivedBy(consumer)].flatMap(({ topic }) => topic?.name ?? []))]
}

/** The topics that a service publishes to. */
export function topicsPublished(producer: ServiceDef): readonly string[] {
  return [...new Set([...emittedBy(producer)].flatMap(({ topic }) => topic?.name ?? []))]
}

/** All that a service reads where the stores are the log. */
export function storeSources({ services }: SystemDef, consumer: ServiceDef): readonly StoreSource[] {
  const wanted = topicsRead(consumer)
  return services.flatMap((producer) =>
    topicsPublished(producer)
      .filter((topic) => wanted.includes(topic))
      .map((topic) => ({ source: `${producer.name}/${topic}`, producer: producer.name, topic })),
  )
}

/** The partition of an event, by its key alone: the same as the log of the stores has, which a test says. */
export function storePartitionOf({ key }: Pick<StoredEvent, 'key'>): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % partitionCount
}

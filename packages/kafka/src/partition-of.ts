import { murmur2 } from './murmur2.ts'

/**
 * The partition in which a key lives, as Kafka's Java clients choose it, so that what they write to a topic stands in
 * the same partition as ours.
 * @param key as the record has it: UTF-8
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return placeOf(key) % partitions
}

/** The same before the number of partitions is known: to be taken modulo that. Never negative. */
export function placeOf(key: Uint8Array): number {
  return murmur2(key) & 0x7fffffff
}

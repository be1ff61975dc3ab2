import type { Message, Offset } from '@waybill/core'
import { bytesOf, type Fetched } from './fetched.ts'
import { markOf } from './mark.ts'
import { type Published, readRecord } from './read-record.ts'
import { offsetOf, type Position, type Reading } from './reading.ts'

/** Messages of one partition that wait to be taken, in order. */
export interface Portion {
  readonly reading: Reading
  readonly count: number
  message(n: number): Message
  bytes(n: number): number
  /** How far the partition is read when the first `n` of them are taken; `undefined`: as far as it was. */
  reached(n: number): Offset | undefined
}

/** Records are read when they are taken, and not before: what has become another's meanwhile costs nothing. */
export function fetchedPortion({ reading, records, next, epoch }: Fetched, system: string): Portion {
  const { topic: source, partition, topicId } = reading
  return {
    reading,
    count: records.length,
    message: (n) => ({ source, partition, position: records[n]!.offset, ...readRecord(records[n]!, system) }),
    bytes: (n) => bytesOf(records[n]!),
    reached: (n) => {
      const following = records[n]
      // Before the next record, or behind all that the answer had.
      const at =
        following === undefined ? { next, epoch } : { next: following.offset, epoch: records[n - 1]!.epoch }
      const offset = { source, partition, next: at.next }
      return topicId === undefined ? offset : { ...offset, mark: markOf({ topicId, epoch: at.epoch }) }
    },
  }
}

/**
 * Events from elsewhere, which move nothing on.
 * @param end from where the partition is read when all of them are taken
 */
export function filledPortion(reading: Reading, events: readonly Published[], end?: Position): Portion {
  const { topic: source, partition } = reading
  return {
    reading,
    count: events.length,
    message: (n) => ({ source, partition, position: -1, ...events[n]! }),
    bytes: (n) => events[n]!.event.payload.length,
    reached: (n) => (n < events.length || end === undefined ? undefined : offsetOf({ ...reading, ...end })),
  }
}

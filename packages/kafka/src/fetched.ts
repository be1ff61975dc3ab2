import { type Consumer, IS_CONTROL, type RecordsBatch } from '@platformatic/kafka'
import type { IncomingRecord } from './read-record.ts'

/** A partition that is read. */
export interface Reading {
  readonly topic: string
  readonly partition: number
  /** The offset to fetch next. */
  next: number
}

/** What one answer brought of a partition. */
export interface Fetched {
  readonly reading: Reading
  /** In order. */
  readonly records: readonly IncomingRecord[]
  /** The offset after all that it brought, records or marks of transactions. */
  readonly next: number
}

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>

/**
 * Takes an answer apart. Brokers answer with whole batches of records, so that the first ones may lie before the offset
 * that was asked for: those are left out.
 * @param readings by topic id and partition, `id/partition`
 */
export function fetchedIn(answer: FetchResponse, readings: ReadonlyMap<string, Reading>): readonly Fetched[] {
  return answer.responses.flatMap(({ topicId, partitions }) =>
    partitions.flatMap(({ partitionIndex, records: batches }) => {
      const reading = readings.get(`${topicId}/${partitionIndex}`)
      const last = batches?.at(-1)
      if (reading === undefined || last === undefined) return []
      const records = batches!.flatMap((batch) => recordsOf(batch, reading))
      return [{ reading, records, next: Number(last.firstOffset) + last.lastOffsetDelta + 1 }]
    }),
  )
}

function recordsOf(batch: RecordsBatch, { topic, partition, next }: Reading): IncomingRecord[] {
  if ((batch.attributes & IS_CONTROL) !== 0) return []
  const firstOffset = Number(batch.firstOffset)
  const firstTimestamp = Number(batch.firstTimestamp)
  return batch.records
    .map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
      topic,
      partition,
      offset: firstOffset + offsetDelta,
      timestamp: firstTimestamp + Number(timestampDelta),
      key,
      value,
      headers,
    }))
    .filter(({ offset }) => offset >= next)
}

import { IS_CONTROL, IS_TRANSACTIONAL, type RecordsBatch } from '@platformatic/kafka'
import type { PartitionAnswer } from './brokers.ts'
import type { IncomingRecord } from './read-record.ts'
import type { Reading } from './reading.ts'

/** A record with the epoch of the leader that wrote it. */
export interface FetchedRecord extends IncomingRecord {
  readonly epoch: number
}

/** What one answer brought of a partition. */
export interface Fetched {
  readonly reading: Reading
  /** In order. */
  readonly records: readonly FetchedRecord[]
  /** The offset after all that it brought, records or marks of transactions; and the epoch of what stands before it. */
  readonly next: number
  readonly epoch: number
  /** Of all records, unpacked. */
  readonly bytes: number
}

/**
 * Takes an answer apart. Brokers answer with whole batches of records, so that the first ones may lie before the offset
 * that was asked for: those are left out, and what was aborted.
 * @returns undefined when there is nothing
 */
export function fetchedIn({ batches, aborted }: PartitionAnswer, reading: Reading): Fetched | undefined {
  const last = batches.at(-1)
  if (last === undefined) return undefined
  const kept = committed(batches, aborted)
  const records = kept.flatMap((batch) => recordsOf(batch, reading))
  return {
    reading,
    records,
    next: Number(last.firstOffset) + last.lastOffsetDelta + 1,
    epoch: last.partitionLeaderEpoch,
    bytes: records.reduce((sum, record) => sum + bytesOf(record), 0),
  }
}

/** About so many bytes a record takes besides its key and value. */
const headBytes = 600

export function bytesOf({ key, value }: Pick<IncomingRecord, 'key' | 'value'>): number {
  return headBytes + (key?.length ?? 0) + (value?.length ?? 0)
}

/**
 * Leaves out marks of transactions, and what was aborted: of each producer what stands between the first record of an
 * aborted transaction and its mark, which may not be in the same answer. The client only does so for the last one of a
 * producer, and only if the mark is there.
 */
function committed(batches: readonly RecordsBatch[], aborted: PartitionAnswer['aborted']): RecordsBatch[] {
  const coming = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset))
  const aborting = new Set<bigint>()
  return batches.filter((batch) => {
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta)
    while (coming[0] !== undefined && coming[0].firstOffset <= end) aborting.add(coming.shift()!.producerId)
    if ((batch.attributes & IS_CONTROL) !== 0) {
      if (isAbort(batch)) aborting.delete(batch.producerId)
      return false
    }
    return (batch.attributes & IS_TRANSACTIONAL) === 0 || !aborting.has(batch.producerId)
  })
}

/** The key of a control record is its version and its type, two bytes each; 0 is an abort. */
function isAbort({ records }: RecordsBatch): boolean {
  return records[0]?.key?.readInt16BE(2) === 0
}

function recordsOf(batch: RecordsBatch, { topic, partition, next }: Reading): FetchedRecord[] {
  const firstOffset = Number(batch.firstOffset)
  const firstTimestamp = Number(batch.firstTimestamp)
  const epoch = batch.partitionLeaderEpoch
  return batch.records
    .map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
      topic,
      partition,
      offset: firstOffset + offsetDelta,
      timestamp: firstTimestamp + Number(timestampDelta),
      key,
      value,
      headers,
      epoch,
    }))
    .filter(({ offset }) => offset >= next)
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IS_CONTROL, IS_TRANSACTIONAL, type RecordsBatch } from '@platformatic/kafka'
import { fetchedIn } from './fetched.ts'
import { readingFrom } from './reading.ts'

const abortKey = Buffer.from([0, 0, 0, 0])
const commitKey = Buffer.from([0, 0, 0, 1])

function batch(offset: number, producer: number, attributes: number, keys: readonly Buffer[]): RecordsBatch {
  return {
    firstOffset: BigInt(offset),
    lastOffsetDelta: keys.length - 1,
    producerId: BigInt(producer),
    attributes,
    partitionLeaderEpoch: 3,
    firstTimestamp: 0n,
    records: keys.map((key, offsetDelta) => ({
      offsetDelta,
      timestampDelta: 0n,
      key,
      value: key,
      headers: [],
    })),
  } as unknown as RecordsBatch
}

const data = (offset: number, producer = 1, count = 1): RecordsBatch =>
  batch(offset, producer, IS_TRANSACTIONAL, Array<Buffer>(count).fill(Buffer.from('k')))
const mark = (offset: number, key: Buffer, producer = 1): RecordsBatch =>
  batch(offset, producer, IS_TRANSACTIONAL | IS_CONTROL, [key])
const plain = (offset: number, producer = 1): RecordsBatch => batch(offset, producer, 0, [Buffer.from('k')])

function offsets(
  batches: readonly RecordsBatch[],
  aborted: readonly (readonly [producer: number, first: number])[],
  next = 0,
): readonly number[] {
  const answer = {
    topicId: 't',
    partition: 0,
    error: undefined,
    diverging: undefined,
    batches,
    aborted: aborted.map(([producer, first]) => ({
      producerId: BigInt(producer),
      firstOffset: BigInt(first),
    })),
  }
  const saved = { source: 't', partition: 0, next }
  return fetchedIn(answer, readingFrom('t', 0, saved))!.records.map(({ offset }) => offset)
}

describe('What was fetched', () => {
  it('has nothing of two transactions of one producer that were aborted', () => {
    const batches = [data(0), mark(1, abortKey), data(2), mark(3, abortKey), data(4), mark(5, commitKey)]
    assert.deepEqual(
      offsets(batches, [
        [1, 0],
        [1, 2],
      ]),
      [4],
    )
  })

  it('has nothing of an aborted transaction whose mark has yet to come', () => {
    assert.deepEqual(offsets([data(0), data(1), data(2)], [[1, 0]]), [])
    assert.deepEqual(offsets([data(3), mark(4, abortKey), data(5)], [[1, 0]], 3), [5])
  })

  it('has what others wrote in between', () => {
    const batches = [
      data(0, 1),
      data(1, 2),
      plain(2),
      plain(3, 2),
      mark(4, abortKey, 1),
      mark(5, commitKey, 2),
    ]
    assert.deepEqual(offsets(batches, [[1, 0]]), [1, 2, 3])
  })

  it('begins where it was asked for, though brokers answer with whole batches', () => {
    assert.deepEqual(offsets([data(0, 1, 5)], [], 3), [3, 4])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sizes } from '@waybill/core'
import { backlog } from './backlog.ts'
import type { Portion } from './portion.ts'
import { type Reading, readingFrom } from './reading.ts'

const reading = (partition: number): Reading => readingFrom('t', partition, undefined)

/** So many messages of so many bytes, from an offset on. */
function portion(of: Reading, from: number, count: number, bytes = 100): Portion {
  const { topic: source, partition } = of
  return {
    reading: of,
    count,
    message: (n) => ({ source, partition, position: from + n, producer: '', event: {} as never }),
    bytes: () => bytes,
    reached: (n) => ({ source, partition, next: from + n }),
  }
}

describe('A backlog', () => {
  it('gives as many as are asked for, and how far that is in each partition', () => {
    const [one, two] = [reading(1), reading(2)]
    const waiting = backlog()
    waiting.add([portion(one, 0, 5), portion(two, 10, 5), portion(one, 5, 5)])
    assert.deepEqual(
      waiting.take(12)!.next.map(({ partition, next }) => [partition, next]),
      [
        [1, 7],
        [2, 15],
      ],
    )
    assert.deepEqual(
      waiting.take(12)!.messages.map(({ position }) => position),
      [7, 8, 9],
    )
    assert.equal(waiting.take(12), undefined)
  })

  it('gives no more bytes than a page has, but one in any case', () => {
    const waiting = backlog()
    waiting.add([
      portion(reading(1), 0, 100, sizes.pageBytesMax / 4),
      portion(reading(1), 100, 2, 2 * sizes.pageBytesMax),
    ])
    for (let taken = 0; taken < 100; taken += 4) assert.equal(waiting.take(1_000)!.messages.length, 4)
    assert.equal(waiting.take(1_000)!.messages.length, 1)
    assert.equal(waiting.take(1_000)!.messages.length, 1)
    assert.ok(waiting.isEmpty())
  })
})

import assert from 'node:assert/strict'
import { sizes } from '@waybill/core'
import { group } from './context.ts'
import { aDeadline, anEvent, aParked, aService, due, many, setAside, write } from './fixtures.ts'

/** Three of them, and not two, make a page full. */
const large = new Uint8Array(Math.ceil(sizes.pageBytesMax / 2.5))

export const pages = group('pages', {
  'of published events end with the one that makes them full': async (context) => {
    const store = await context.open(aService())
    await write(store, { events: many(7, () => anEvent({ payload: large })) })
    const found: number[] = []
    for (let after = 0, last = false; !last;) {
      const { events, upTo, atEnd } = await store.published(after, ['news'], 100)
      found.push(events.length)
      assert.equal(upTo, events.at(-1)!.position)
      last = atEnd
      after = upTo
    }
    assert.deepEqual(found, [3, 3, 1])
    assert.equal((await store.published(0, ['news'], 2)).events.length, 2)
  },

  'of a history do so, too': async (context) => {
    const store = await context.open(aService())
    const also = { subject: 'stock/b', alsoSubjects: ['stock/a'] }
    await write(store, {
      events: many(5, (n) => anEvent({ payload: large, ...(n % 2 === 0 ? { subject: 'stock/a' } : also) })),
    })
    const first = await store.history('stock/a')
    assert.deepEqual(
      first.map(({ position }) => position),
      [1, 2, 3],
    )
    const second = await store.history('stock/a', { after: 3 })
    assert.deepEqual(
      second.map(({ position }) => position),
      [4, 5],
    )
  },

  'of deadlines do so, of each kind': async (context) => {
    const store = await context.open(aService())
    const set = many(8, (n) => aDeadline({ payload: large, recorded: n % 2 === 0 }))
    await write(store, { deadlines: set })
    const { deadlines, nextInMs } = await due(store)
    assert.deepEqual(
      [true, false].map((kind) => deadlines.filter(({ recorded }) => recorded === kind).length),
      [3, 3],
    )
    assert.equal(nextInMs, 0)
  },

  'of parked events do so, whether they are due or only looked at': async (context) => {
    const store = await context.open(aService())
    const event = anEvent({ payload: large })
    await setAside(store, { park: many(5, (n) => aParked('', '', { queue: n < 2 ? 'a' : `b${n}`, event })) })
    assert.equal((await store.parked(100)).length, 3)
    const { parked, nextInMs } = await due(store)
    assert.deepEqual([parked.length, nextInMs], [3, 0])
    assert.equal((await due(store, { queues: ['a', 'b3', 'b4'], only: true })).parked.length, 3)
  },
})

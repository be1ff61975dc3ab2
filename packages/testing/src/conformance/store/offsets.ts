import assert from 'node:assert/strict'
import { hasCode, type Store } from '@waybill/core'
import { group } from './context.ts'
import { anEvent, aService, many, texts, write } from './fixtures.ts'

/** Moves one partition on and writes an event with it. */
function move(store: Store, expected: number, next: number, text = ''): Promise<number> {
  return write(store, {
    events: [anEvent({ text })],
    offsets: [{ source: 'orders', partition: 2, expected, next }],
  })
}

const lost = (error: unknown): boolean => hasCode(error, 'OFFSETS_LOST')

export const offsets = group('offsets', {
  'are kept for each source and partition': async (context) => {
    const store = await context.open(aService())
    assert.deepEqual(await store.offsets(), [])
    const first = [
      { source: 'orders', partition: 0, expected: 0, next: 7 },
      { source: 'orders', partition: 1, expected: 0, next: 8 },
      { source: 'payments', partition: 0, expected: 0, next: 9 },
    ]
    await write(store, { offsets: first })
    await write(store, { offsets: [{ source: 'orders', partition: 1, expected: 8, next: 3_000_000_000 }] })
    const sorted = (await store.offsets()).toSorted((a, b) => a.next - b.next)
    assert.deepEqual(
      sorted.map(({ source, partition, next }) => [source, partition, next]),
      [
        ['orders', 0, 7],
        ['payments', 0, 9],
        ['orders', 1, 3_000_000_000],
      ],
    )
  },

  'keep what the log wants to know again': async (context) => {
    const store = await context.open(aService())
    const [one, two] = ['topic 7f', 'é\u0000"']
    const at = { source: 'orders', partition: 0 }
    await write(store, {
      offsets: [
        { ...at, expected: 0, next: 7, mark: one },
        { ...at, partition: 1, expected: 0, next: 7 },
      ],
    })
    const marks = async (): Promise<unknown[]> =>
      (await store.offsets()).toSorted((a, b) => a.partition - b.partition).map(({ mark }) => mark)
    assert.deepEqual(await marks(), [one, undefined])
    await write(store, {
      offsets: [
        { ...at, expected: 7, next: 9, mark: two },
        { ...at, partition: 1, expected: 7, next: 8, mark: one },
      ],
    })
    assert.deepEqual(await marks(), [two, one])
    await write(store, { offsets: [{ ...at, expected: 9, next: 9 }] })
    assert.deepEqual(await marks(), [undefined, one])
  },

  'move back, too, where somebody wants it': async (context) => {
    const store = await context.open(aService())
    await move(store, 0, 10)
    await move(store, 10, 20)
    await move(store, 20, 10)
    await assert.rejects(move(store, 20, 30), lost)
    await assert.rejects(move(store, 0, 1), lost)
    await move(store, 10, 15)
    assert.deepEqual(
      (await store.offsets()).map(({ next }) => next),
      [15],
    )
  },

  'go back to 0, which is where a log that was made anew begins, and on from there': async (context) => {
    const store = await context.open(aService())
    await move(store, 0, 20)
    await move(store, 20, 0)
    await assert.rejects(move(store, 20, 30), lost)
    await move(store, 0, 10)
    await assert.rejects(move(store, 0, 5), lost)
    await move(store, 10, 15)
    assert.deepEqual(await store.offsets(), [{ source: 'orders', partition: 2, next: 15 }])
  },

  'say at 0, too, of which log they speak, and of another one when that changes': async (context) => {
    const store = await context.open(aService())
    const at = { source: 'orders', partition: 0, next: 0 }
    for (const mark of ['one', 'two']) {
      await write(store, { offsets: [{ ...at, expected: 0, mark }] })
      assert.deepEqual(await store.offsets(), [{ ...at, mark }])
    }
    const others = { ...at, partition: 1, next: 3 }
    await write(store, {
      offsets: [
        { ...at, expected: 0, next: 4, mark: 'two' },
        { ...others, expected: 0 },
      ],
    })
    assert.deepEqual(
      (await store.offsets()).toSorted((a, b) => a.partition - b.partition),
      [{ ...at, next: 4, mark: 'two' }, others],
    )
    await assert.rejects(write(store, { offsets: [{ ...at, expected: 0, mark: 'one' }] }), lost)
  },

  'stay what they are however often they move': async (context) => {
    const store = await context.open(aService())
    for (let next = 1; next <= 200; next += 1) await move(store, next - 1, next)
    await assert.rejects(move(store, 0, 1), lost)
    await assert.rejects(move(store, 1, 2), lost)
    assert.deepEqual(await store.offsets(), [{ source: 'orders', partition: 2, next: 200 }])
  },

  'an old owner writes nothing': async (context) => {
    const store = await context.open(aService())
    await move(store, 0, 10, 'a')
    await move(store, 10, 20, 'b')
    await assert.rejects(move(store, 10, 15, 'old owner'), lost)
    await assert.rejects(move(store, 0, 5, 'very old owner'), lost)
    await move(store, 20, 30, 'c')
    assert.deepEqual(await texts(store), ['a', 'b', 'c'])
    assert.deepEqual(
      (await store.offsets()).map(({ next }) => next),
      [30],
    )
  },

  'a position that was never saved is 0': async (context) => {
    const store = await context.open(aService())
    await assert.rejects(move(store, 5, 6), lost)
    await move(store, 0, 6)
  },

  'one lost partition of several undoes all of them': async (context) => {
    const store = await context.open(aService())
    await move(store, 0, 10)
    const both = [
      { source: 'orders', partition: 1, expected: 0, next: 4 },
      { source: 'orders', partition: 2, expected: 9, next: 11 },
    ]
    await assert.rejects(write(store, { offsets: both }), lost)
    assert.deepEqual(
      (await store.offsets()).map(({ partition, next }) => [partition, next]),
      [[2, 10]],
    )
  },

  'of several owners at the same time one wins': async (context) => {
    const store = await context.open(aService())
    // The third time from 0, too, but as one to which it has gone back.
    for (const expected of [0, 1, 0]) {
      const attempts = await Promise.allSettled(many(6, () => move(store, expected, expected + 1)))
      const failed = attempts.filter((attempt) => attempt.status === 'rejected')
      assert.equal(failed.length, 5)
      assert.ok(failed.every(({ reason }) => lost(reason)))
      if (expected === 1) await move(store, 2, 0)
    }
    assert.equal((await texts(store)).length, 4)
  },

  'a zombie in another process writes nothing': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const [zombie, owner] = [await context.open(definition), await context.open(definition)]
      await move(zombie, 0, 10, 'before')
      await move(owner, 10, 20, 'owner')
      await assert.rejects(move(zombie, 10, 20, 'zombie'), lost)
      const race = await Promise.allSettled([move(zombie, 20, 30, 'race'), move(owner, 20, 30, 'race')])
      assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.deepEqual(await texts(zombie), ['before', 'owner', 'race'])
    },
  },
})

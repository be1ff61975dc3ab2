import assert from 'node:assert/strict'
import { hasCode, type ParkedEntry, type Store } from '@waybill/core'
import { eventually } from '../waiting.ts'
import { group } from './context.ts'
import {
  aDeadline,
  aNeed,
  anEvent,
  aParked,
  aService,
  aWrite,
  bytes,
  comparable,
  due,
  many,
  newId,
  queueChanges,
  setAside,
  textOf,
  texts,
  write,
} from './fixtures.ts'

const conflict = (error: unknown): boolean => hasCode(error, 'BATCH_CONFLICT')

/** Far away from everything that is due while the cases run. */
const later = { afterMs: 600_000 }

/** The texts of what may be tried now. */
async function dueTexts(
  store: Store,
  ask: Partial<Parameters<Store['due']>[0]> = {},
): Promise<readonly string[]> {
  return (await due(store, ask)).parked.map(({ event }) => textOf(event))
}

async function parkedTexts(store: Store): Promise<readonly string[]> {
  return (await store.parked(1_000)).map(({ event }) => textOf(event))
}

/** The parked event with this text. */
async function find(store: Store, text: string): Promise<ParkedEntry> {
  return (await store.parked(1_000)).find(({ event }) => textOf(event) === text)!
}

async function lengths(store: Store, ...queues: readonly string[]): Promise<readonly (number | undefined)[]> {
  const loaded = await store.load(aNeed({ queues }))
  return queues.map((queue) => loaded.queues.get(queue))
}

/** Parks events, each with its own text, in these queues. */
function park(store: Store, parts: Readonly<Record<string, readonly string[]>>, next = { afterMs: 0 }) {
  const all = Object.entries(parts).flatMap(([queue, ofQueue]) => ofQueue.map((text) => aParked(queue, text)))
  return setAside(store, { park: all, next })
}

export const parking = group('parking', {
  'keeps events as they are, oldest first': async (context) => {
    const store = await context.open(aService())
    const { alsoSubjects: _, ...event } = anEvent({
      key: 'a',
      subject: 'order/1',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      payload: bytes('\u0000é'),
    })
    const first = aParked('a', '', {
      event,
      queue: 'log/a',
      error: { code: 'X', message: 'a "quoted"\nline' },
    })
    const second = aParked('b', 'two', { reason: 'effect', attempts: 0, error: undefined })
    const third = aParked('a', 'three', {
      queue: 'log/a',
      reason: 'behind',
      attempts: 0,
      error: undefined,
      source: 'deadline',
    })
    const { now: before } = await due(store)
    await setAside(store, { park: [first, second], next: later })
    await setAside(store, { park: [third], next: later })
    const { now: after } = await due(store)
    const found = await store.parked(10)
    assert.deepEqual(
      found.map(({ ticket: _ticket, since: _since, nextAt: _nextAt, ...entry }) => ({
        ...entry,
        event: comparable(entry.event),
      })),
      [first, second, third].map((parked) => ({ ...parked, event: comparable(parked.event) })),
    )
    assert.ok(found[0]!.ticket < found[1]!.ticket && found[1]!.ticket < found[2]!.ticket)
    for (const { since, nextAt } of found) {
      assert.ok(since >= before && since <= after)
      assert.ok(nextAt! >= before + later.afterMs && nextAt! <= after + later.afterMs)
    }
    assert.equal((await store.parked(2)).length, 2)
  },

  'tells how many events stand in a queue': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['1', '2'], b: ['3'] })
    assert.deepEqual(await lengths(store, 'a', 'b', 'c', 'a'), [2, 1, undefined, 2])
    await setAside(store, { unpark: [await find(store, '1'), await find(store, '3')] })
    assert.deepEqual(await lengths(store, 'a', 'b'), [1, undefined])
    await setAside(store, { unpark: [await find(store, '2')], park: [aParked('a', '4'), aParked('a', '5')] })
    assert.deepEqual(await lengths(store, 'a', 'b'), [2, undefined])
    await setAside(store, { unpark: [await find(store, '4'), await find(store, '5')] })
    assert.deepEqual(await lengths(store, 'a', 'b'), [undefined, undefined])
  },

  'a queue is not its key': async (context) => {
    const store = await context.open(aService())
    const entries = [aParked('k', 'from a log', { queue: 'log/k' }), aParked('k', 'own', { queue: 'own/k' })]
    await setAside(store, { park: entries })
    assert.deepEqual(await lengths(store, 'k', 'log/k', 'own/k'), [undefined, 1, 1])
    assert.deepEqual(await dueTexts(store, { queues: ['own/k'], only: true }), ['own'])
  },

  'lets a queue be tried at its time and not before': async (context) => {
    const store = await context.open(aService())
    const begin = performance.now()
    await park(store, { a: ['a1', 'a2'] }, { afterMs: 200 })
    await park(store, { b: ['b1'], c: ['c1'] }, later)
    await eventually('a may be tried', async () => (await dueTexts(store)).length > 0)
    assert.ok(performance.now() - begin >= 199)
    assert.deepEqual(await dueTexts(store), ['a1', 'a2'])
  },

  'gives a run of each queue, in order, those that have been due for the longest first': async (context) => {
    const store = await context.open(aService())
    await park(store, { old: ['o1', 'o2', 'o3', 'o4', 'o5'] }, { afterMs: 0 })
    await park(store, { late: ['l1'] }, { afterMs: 60 })
    await park(store, { middle: ['m1', 'm2', 'm3', 'm4'] }, { afterMs: 20 })
    await eventually('all are due', async () => (await dueTexts(store)).length === 10)
    const all = ['o1', 'o2', 'o3', 'o4', 'o5', 'm1', 'm2', 'm3', 'm4', 'l1']
    assert.deepEqual(await dueTexts(store), all)
    // Of one queue at most a fifth, rounded up.
    assert.deepEqual(await dueTexts(store, { limit: 15 }), ['o1', 'o2', 'o3', 'm1', 'm2', 'm3', 'l1'])
    assert.deepEqual(await dueTexts(store, { limit: 10 }), ['o1', 'o2', 'm1', 'm2', 'l1'])
    assert.deepEqual(await dueTexts(store, { limit: 4 }), ['o1', 'm1', 'l1'])
    assert.deepEqual(await dueTexts(store, { limit: 2 }), ['o1', 'm1'])
    assert.equal((await due(store, { limit: 2 })).nextInMs, 0)
    assert.equal((await due(store, { limit: 15 })).nextInMs, undefined)
  },

  'keeps for ever what is never tried again by itself': async (context) => {
    const store = await context.open(aService())
    await setAside(store, { park: [aParked('a', 'a1'), aParked('a', 'a2')], next: { never: 'v1' } })
    const { parked, nextInMs } = await due(store)
    assert.deepEqual([parked, nextInMs], [[], undefined])
    assert.deepEqual(await dueTexts(store, { queues: ['a'] }), ['a1', 'a2'])
    assert.deepEqual(
      (await store.parked(9)).map(({ nextAt }) => nextAt),
      [undefined, undefined],
    )
  },

  'tries again what another definition gave up': async (context) => {
    const store = await context.open(aService())
    const give = (queue: string, never: string): Promise<number> =>
      setAside(store, { park: [aParked(queue, queue)], next: { never } })
    await give('a', 'v1')
    await give('b', 'v2')
    await give('c', '')
    await park(store, { d: ['d'] }, later)
    await store.retryGivenUp('v2')
    assert.deepEqual((await dueTexts(store)).toSorted(), ['a', 'c'])
    await setAside(store, { repark: [await find(store, 'a')], next: { never: 'v2' } })
    await store.retryGivenUp('v2')
    assert.deepEqual(await dueTexts(store), ['c'])
    await store.retryGivenUp('v3')
    assert.deepEqual((await dueTexts(store)).toSorted(), ['a', 'b', 'c'])
  },

  'lets named queues be tried at any time, whatever else is due': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1', 'a2'], b: ['b1'] }, later)
    assert.deepEqual(await dueTexts(store, { queues: ['a', 'unknown'] }), ['a1', 'a2'])
    assert.deepEqual(await dueTexts(store, { queues: ['a'], limit: 3 }), ['a1'])
    await park(store, { c: ['c1'], d: ['d1'] })
    assert.deepEqual((await dueTexts(store, { queues: ['a'] })).toSorted(), ['a1', 'a2', 'c1', 'd1'])
    assert.ok((await dueTexts(store, { queues: ['a'], limit: 2 })).includes('a1'))
    assert.deepEqual((await dueTexts(store, { queues: ['c', 'c'] })).toSorted(), ['c1', 'd1'])
  },

  'tells in how long the next one may be tried': async (context) => {
    const store = await context.open(aService())
    const begin = performance.now()
    const assertNext = async (afterMs: number): Promise<void> => {
      const { nextInMs } = await due(store)
      const elapsed = performance.now() - begin
      assert.ok(nextInMs! <= afterMs && nextInMs! >= afterMs - elapsed - 2, `${nextInMs} of ${afterMs}`)
    }
    await park(store, { a: ['a1', 'a2'] }, { afterMs: 200_000 })
    await park(store, { b: ['b1'] }, { afterMs: 300_000 })
    await assertNext(200_000)
    await setAside(store, { repark: [await find(store, 'a1')], next: { afterMs: 400_000 } })
    await assertNext(300_000)
    await write(store, { deadlines: [aDeadline({ afterMs: 100_000 })] })
    await assertNext(100_000)
  },

  'keeps the place of one that is tried once more': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1', 'a2'], b: ['b1'] })
    const first = await find(store, 'a1')
    const error = { code: 'EFFECT_FAILED', message: 'again' }
    await setAside(store, { repark: [{ ...first, reason: 'effect', attempts: 4, error }], next: later })
    assert.deepEqual(await parkedTexts(store), ['a1', 'a2', 'b1'])
    const [again] = await store.parked(1)
    assert.deepEqual(
      { ticket: again!.ticket, reason: again!.reason, attempts: again!.attempts, error: again!.error },
      { ticket: first.ticket, reason: 'effect', attempts: 4, error },
    )
    assert.equal(again!.since, first.since)
    assert.deepEqual(await dueTexts(store), ['b1'])
    await setAside(store, { repark: [{ ...first, attempts: 5, error: undefined }], next: { afterMs: 0 } })
    assert.equal((await store.parked(1))[0]!.error, undefined)
    assert.deepEqual((await dueTexts(store)).toSorted(), ['a1', 'a2', 'b1'])
  },

  'what comes behind leaves the time of its queue as it was': async (context) => {
    const store = await context.open(aService())
    const behind = (queue: string, text: string): Promise<number> =>
      store
        .transact(aNeed({ queues: [queue] }), (loaded) => {
          const entries = [aParked(queue, text, { reason: 'behind', attempts: 0, error: undefined })]
          return aWrite({ park: entries, queues: queueChanges(loaded, { park: entries }) })
        })
        .then(({ firstPosition }) => firstPosition)
    await park(store, { a: ['a1'] }, later)
    await setAside(store, { park: [aParked('b', 'b1')], next: { never: 'v1' } })
    await park(store, { c: ['c1'] })
    const before = (await store.parked(9)).map(({ nextAt }) => nextAt)
    for (const queue of ['a', 'b', 'c']) await behind(queue, `${queue}2`)
    assert.deepEqual(
      (await store.parked(9)).map(({ nextAt }) => nextAt),
      [...before, ...before],
    )
    assert.deepEqual(await dueTexts(store), ['c1', 'c2'])
    await store.retryGivenUp('v2')
    assert.deepEqual((await dueTexts(store)).toSorted(), ['b1', 'b2', 'c1', 'c2'])
  },

  'keeps the order of a queue whose events come in several batches': async (context) => {
    const store = await context.open(aService())
    const four = ['1', '2', '3', '4']
    for (const text of four) await park(store, { a: [text], b: [`b${text}`] })
    const order: string[] = []
    while (order.length < 4) {
      const found = (await due(store, { limit: 5 })).parked.find(({ queue }) => queue === 'a')!
      order.push(textOf(found.event))
      await setAside(store, { unpark: [found] })
    }
    assert.deepEqual(order, four)
    assert.deepEqual(await dueTexts(store), ['b1', 'b2', 'b3', 'b4'])
  },

  'a queue that was emptied begins anew': async (context) => {
    const store = await context.open(aService())
    for (const turn of ['1', '2', '3']) {
      await park(store, { a: [`${turn}a`, `${turn}b`] })
      assert.deepEqual(await dueTexts(store), [`${turn}a`, `${turn}b`])
      await setAside(store, { unpark: await store.parked(9) })
      assert.deepEqual([await dueTexts(store), await lengths(store, 'a')], [[], [undefined]])
    }
  },

  'settles once': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1', 'a2'] })
    const [one, two] = [await find(store, 'a1'), await find(store, 'a2')]
    const settle = (): Promise<number> =>
      setAside(store, { unpark: [one] }, { events: [anEvent({ text: 'settled' })] })
    const attempts = await Promise.allSettled([settle(), settle(), settle()])
    const failed = attempts.filter((attempt) => attempt.status === 'rejected')
    assert.deepEqual([failed.length, failed.every(({ reason }) => conflict(reason))], [2, true])
    await assert.rejects(setAside(store, { repark: [{ ...one, attempts: 2 }] }), conflict)
    await assert.rejects(setAside(store, { unpark: [two, one] }), conflict)
    assert.deepEqual(await texts(store), ['settled'])
    assert.deepEqual([await parkedTexts(store), await lengths(store, 'a')], [['a2'], [1]])
  },

  'a queue is changed only if it is as long as it was': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1', 'a2'] })
    const [one] = await store.parked(1)
    for (const expected of [0, 1, 3]) {
      const queues = [{ queue: 'a', expected, length: expected + 1, next: undefined }]
      await assert.rejects(write(store, { park: [aParked('a', 'late')], queues }), conflict)
    }
    await assert.rejects(
      write(store, {
        unpark: [one!.ticket],
        queues: [{ queue: 'a', expected: 1, length: 0, next: undefined }],
      }),
      conflict,
    )
    assert.deepEqual([await parkedTexts(store), await lengths(store, 'a')], [['a1', 'a2'], [2]])
  },

  'nobody adds to a queue that another one empties': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      for (let n = 0; n < 10; n += 1) {
        await park(stores[0]!, { a: [`first ${n}`] })
        const [first] = await stores[0]!.parked(1)
        await Promise.allSettled([
          setAside(stores[n % 2]!, { unpark: [first!] }),
          setAside(stores[(n + 1) % 2]!, { park: [aParked('a', `second ${n}`)] }),
        ])
        const left = await stores[0]!.parked(9)
        assert.deepEqual(await lengths(stores[1]!, 'a'), [left.length === 0 ? undefined : left.length])
        assert.equal((await due(stores[0]!)).parked.length, left.length, 'what is parked is found')
        await setAside(stores[0]!, { unpark: left })
      }
    },
  },

  'of several that begin a queue at the same time one wins, or they stand in it together': async (
    context,
  ) => {
    const store = await context.open(aService())
    const attempts = await Promise.allSettled(many(6, (n) => park(store, { a: [`${n}`] })))
    const failed = attempts.filter((attempt) => attempt.status === 'rejected')
    assert.ok(failed.every(({ reason }) => conflict(reason)))
    assert.deepEqual(await lengths(store, 'a'), [6 - failed.length])
    assert.equal((await dueTexts(store)).length, 6 - failed.length)
  },

  'an event may be parked in the batch that settles another of its queue': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1'] })
    await setAside(store, { unpark: [await find(store, 'a1')], park: [aParked('a', 'a2')] })
    assert.deepEqual(await dueTexts(store), ['a2'])
  },

  'comes by its queue, when nothing else is asked for': async (context) => {
    const store = await context.open(aService())
    await park(store, { a: ['a1', 'a2'], b: ['b1', 'b2'], c: ['c1', 'c2'] })
    await write(store, { deadlines: [aDeadline(), aDeadline({ recorded: true })] })
    const { deadlines, parked, nextInMs } = await due(store, { queues: ['c', 'a', 'x'], only: true })
    assert.deepEqual(parked.map(({ event }) => textOf(event)).toSorted(), ['a1', 'a2', 'c1', 'c2'])
    assert.deepEqual([deadlines, nextInMs], [[], undefined])
    assert.equal((await due(store, { limit: 1, queues: ['c', 'a'], only: true })).parked.length, 1)
  },

  'many queues, and many in one, come bit by bit and each once': async (context) => {
    const store = await context.open(aService())
    const queues = Object.fromEntries(many(40, (n) => [`q${n}`, [`q${n}`]]))
    await park(store, { ...queues, long: many(60, (n) => `long ${String(n).padStart(2, '0')}`) })
    const seen: string[] = []
    for (;;) {
      const { parked, nextInMs } = await due(store, { limit: 20 })
      if (parked.length === 0) break
      assert.ok(seen.length < 100 && parked.filter(({ queue }) => queue === 'long').length <= 4)
      assert.ok(nextInMs === 0 || nextInMs === undefined)
      seen.push(...parked.map(({ event }) => textOf(event)))
      await setAside(store, { unpark: parked })
    }
    assert.equal(new Set(seen).size, 100)
    assert.deepEqual(
      seen.filter((text) => text.startsWith('long')),
      many(60, (n) => `long ${String(n).padStart(2, '0')}`),
    )
    assert.equal(seen.length, 100)
  },
})

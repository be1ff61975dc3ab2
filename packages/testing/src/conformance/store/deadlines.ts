import assert from 'node:assert/strict'
import { hasCode, type Store } from '@waybill/core'
import { eventually, pause } from '../waiting.ts'
import { group } from './context.ts'
import {
  aDeadline,
  anEvent,
  aService,
  bytes,
  comparable,
  due,
  many,
  newId,
  texts,
  write,
} from './fixtures.ts'

const conflict = (error: unknown): boolean => hasCode(error, 'BATCH_CONFLICT')

/** Far away from everything that is due while the cases run. */
const longMs = 600_000

async function dueIds(store: Store, limit = 100): Promise<readonly string[]> {
  return (await due(store, { limit })).deadlines.map(({ id }) => id)
}

export const deadlines = group('deadlines', {
  'are due at their time and not before, the earliest first': async (context) => {
    const store = await context.open(aService())
    const [late, early] = [aDeadline({ afterMs: 400 }), aDeadline({ afterMs: 200 })]
    const begin = performance.now()
    await write(store, { deadlines: [late, early, aDeadline({ afterMs: longMs })] })
    const seenAt = new Map<string, number>()
    await eventually('both are due', async () => {
      const ids = await dueIds(store)
      for (const id of ids) if (!seenAt.has(id)) seenAt.set(id, performance.now() - begin)
      assert.deepEqual(ids, [early.id, late.id].slice(0, ids.length))
      return ids.length === 2
    })
    // The store counts in milliseconds: it may have rounded.
    assert.ok(seenAt.get(early.id)! >= 199 && seenAt.get(late.id)! >= 399, [...seenAt.values()].join())
  },

  'come back as they were written': async (context) => {
    const store = await context.open(aService())
    const plain = aDeadline({ recorded: true, payload: bytes('é\u0000ÿ'), afterMs: 1 })
    const full = aDeadline({
      topic: 'news',
      subject: 'order/1',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    })
    await write(store, { deadlines: [plain, full] })
    const found = (await due(store)).deadlines
    assert.deepEqual(
      found.map(comparable),
      [plain, full].map(({ afterMs: _, ...deadline }) => comparable(deadline)),
    )
  },

  'fire once': async (context) => {
    const store = await context.open(aService())
    const deadline = aDeadline()
    await write(store, { deadlines: [deadline] })
    const fire = (): Promise<number> =>
      write(store, { firedDeadlines: [deadline.id], events: [anEvent({ text: 'fired' })] })
    const attempts = await Promise.allSettled([fire(), fire(), fire()])
    const failed = attempts.filter((attempt) => attempt.status === 'rejected')
    assert.deepEqual([failed.length, failed.every(({ reason }) => conflict(reason))], [2, true])
    await assert.rejects(fire(), conflict)
    assert.deepEqual(await texts(store), ['fired'])
    const { now: _, ...nothing } = await due(store)
    assert.deepEqual(nothing, { deadlines: [], parked: [], nextInMs: undefined })
  },

  'fire once between processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const set = many(20, () => aDeadline({ afterMs: longMs }))
      await write(stores[0]!, { deadlines: set })
      await Promise.allSettled(
        set.flatMap(({ id }) =>
          stores.map((store) => write(store, { firedDeadlines: [id], events: [anEvent({ text: id })] })),
        ),
      )
      assert.deepEqual((await texts(stores[0]!)).toSorted(), set.map(({ id }) => id).toSorted())
    },
  },

  'one of several that has fired already undoes the others': async (context) => {
    const store = await context.open(aService())
    const [one, two] = [aDeadline(), aDeadline()]
    await write(store, { deadlines: [one, two] })
    await write(store, { firedDeadlines: [one.id] })
    await assert.rejects(write(store, { firedDeadlines: [two.id, one.id] }), conflict)
    assert.deepEqual(await dueIds(store), [two.id])
  },

  'tell in how long the next one comes': async (context) => {
    const store = await context.open(aService())
    const nextInMs = async (): Promise<number | undefined> => (await due(store)).nextInMs
    assert.equal(await nextInMs(), undefined)
    const begin = performance.now()
    const [soon, far] = [aDeadline({ afterMs: longMs }), aDeadline({ afterMs: 2 * longMs })]
    await write(store, { deadlines: [far, soon] })
    for (const afterMs of [longMs, 2 * longMs]) {
      const next = (await nextInMs())!
      const elapsed = performance.now() - begin
      assert.ok(next <= afterMs && next >= afterMs - elapsed - 2, `${next} of ${afterMs} after ${elapsed}`)
      if (afterMs === longMs) await write(store, { firedDeadlines: [soon.id] })
    }
    await write(store, { firedDeadlines: [far.id] })
    assert.equal(await nextInMs(), undefined)
  },

  'go by the time of the store, which goes on by itself': async (context) => {
    const store = await context.open(aService())
    const begin = performance.now()
    const { now: first } = await due(store)
    await pause(150)
    const second = await due(store, { only: true })
    const elapsed = performance.now() - begin
    assert.ok(second.now - first >= 148 && second.now - first <= elapsed + 2)
  },

  'that are events of the service come in the order of their commits, whatever their time says': async (
    context,
  ) => {
    const store = await context.open(aService())
    const set = [longMs, 2, 0, 1].map((afterMs) => aDeadline({ recorded: true, afterMs }))
    const later = aDeadline()
    await write(store, { deadlines: set.slice(0, 1) })
    await write(store, { deadlines: [later, ...set.slice(1)] })
    const inOrder = set.map(({ id }) => id)
    assert.deepEqual(await dueIds(store), [...inOrder, later.id])
    assert.deepEqual(await dueIds(store, 2), [...inOrder.slice(0, 2), later.id])
    assert.equal((await due(store, { limit: 2 })).nextInMs, 0)
    assert.equal((await due(store)).nextInMs, undefined)
  },

  'come in portions, and what is left over is due at once': async (context) => {
    const store = await context.open(aService())
    const set = many(25, (n) => aDeadline({ recorded: n < 12 }))
    for (const deadline of set) await write(store, { deadlines: [deadline] })
    const seen: string[] = []
    for (const left of [5, 0]) {
      const found = await due(store, { limit: 10 })
      seen.push(...found.deadlines.map(({ id }) => id))
      assert.equal(found.nextInMs, left > 0 ? 0 : undefined)
      await write(store, { firedDeadlines: found.deadlines.map(({ id }) => id) })
    }
    assert.deepEqual(seen.toSorted(), set.map(({ id }) => id).toSorted())
    assert.deepEqual(await dueIds(store), [])
  },

  'are found whatever was due and handled before': async (context) => {
    const store = await context.open(aService())
    for (let n = 0; n < 30; n += 1) {
      const recorded = n % 3 === 0
      const set = [aDeadline({ recorded }), aDeadline({ afterMs: n % 5 })]
      await write(store, { deadlines: set })
      const wanted = set.map(({ id }) => id).toSorted()
      await eventually('both are due', async () => (await dueIds(store)).length === 2)
      assert.deepEqual((await dueIds(store)).toSorted(), wanted)
      await write(store, { firedDeadlines: wanted })
      assert.deepEqual(await dueIds(store), [])
    }
  },
})

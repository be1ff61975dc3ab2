import assert from 'node:assert/strict'
import { hasCode } from '@waybill/core'
import { group } from './context.ts'
import {
  aDeadline,
  anEvent,
  aService,
  bytes,
  comparable,
  many,
  newId,
  now,
  texts,
  write,
} from './fixtures.ts'

const conflict = (error: unknown): boolean => hasCode(error, 'BATCH_CONFLICT')

export const deadlines = group('deadlines', {
  'are due at their time and not before, the earliest first': async (context) => {
    const store = await context.open(aService())
    const [late, early] = [aDeadline({ dueAt: now + 2_000 }), aDeadline({ dueAt: now + 1_000 })]
    await write(store, { deadlines: [late, early] })
    const ids = async (time: number): Promise<readonly string[]> =>
      (await store.due(time, 10, [])).deadlines.map(({ id }) => id)
    assert.deepEqual(await ids(now + 999), [])
    assert.deepEqual(await ids(now + 1_000), [early.id])
    assert.deepEqual(await ids(now + 2_000), [early.id, late.id])
  },

  'come back as they were written': async (context) => {
    const store = await context.open(aService())
    const plain = aDeadline({ recorded: true, payload: bytes('é\u0000ÿ'), dueAt: now + 1 })
    const full = aDeadline({
      topic: 'news',
      subject: 'order/1',
      causationId: newId(),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      dueAt: now + 2,
    })
    await write(store, { deadlines: [plain, full] })
    const found = (await store.due(now + 10, 10, [])).deadlines
    assert.deepEqual(found.map(comparable), [plain, full].map(comparable))
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
    assert.deepEqual(await store.due(now + 9_999, 10, []), { deadlines: [], parked: [], nextAt: undefined })
  },

  'fire once between processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const set = many(20, () => aDeadline())
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
    assert.deepEqual(
      (await store.due(now + 9_999, 10, [])).deadlines.map(({ id }) => id),
      [two.id],
    )
  },

  'tell when the next one comes': async (context) => {
    const store = await context.open(aService())
    const nextAt = async (time: number): Promise<number | undefined> => (await store.due(time, 10, [])).nextAt
    assert.equal(await nextAt(now), undefined)
    await write(store, { deadlines: [aDeadline({ dueAt: now + 20 }), aDeadline({ dueAt: now + 10 })] })
    assert.equal(await nextAt(now), now + 10)
    assert.equal(await nextAt(now + 10), now + 20)
    assert.equal(await nextAt(now + 20), undefined)
  },

  'that are events of the service come in the order of their commits, whatever their time says': async (
    context,
  ) => {
    const store = await context.open(aService())
    const set = [now + 60_000, now - 2, now, now - 1].map((dueAt) => aDeadline({ recorded: true, dueAt }))
    const later = aDeadline({ dueAt: now - 5 })
    await write(store, { deadlines: set.slice(0, 1) })
    await write(store, { deadlines: [later, ...set.slice(1)] })
    const ids = async (limit: number): Promise<readonly string[]> =>
      (await store.due(now, limit, [])).deadlines.map(({ id }) => id)
    const inOrder = set.map(({ id }) => id)
    assert.deepEqual(await ids(10), [...inOrder, later.id])
    assert.deepEqual(await ids(2), [...inOrder.slice(0, 2), later.id])
    assert.equal((await store.due(now, 2, [])).nextAt, now)
    assert.equal((await store.due(now, 10, [])).nextAt, undefined)
  },

  'come in portions, and what is left over is due at once': async (context) => {
    const store = await context.open(aService())
    const set = many(25, (n) => aDeadline({ dueAt: now + n }))
    await write(store, { deadlines: set })
    const seen: string[] = []
    for (const left of [15, 5, 0]) {
      const due = await store.due(now + 100, 10, [])
      seen.push(...due.deadlines.map(({ id }) => id))
      if (left > 0) assert.ok(due.nextAt! <= now + 100)
      else assert.equal(due.nextAt, undefined)
      await write(store, { firedDeadlines: due.deadlines.map(({ id }) => id) })
    }
    assert.deepEqual(
      seen,
      set.map(({ id }) => id),
    )
  },
})

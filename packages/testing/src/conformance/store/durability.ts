import assert from 'node:assert/strict'
import { hasCode, messageOf, rowId, type Store } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import {
  aDeadline,
  aNeed,
  anEvent,
  aParked,
  aService,
  aWrite,
  many,
  due,
  newId,
  queueChanges,
  setAside,
  texts,
  write,
} from './fixtures.ts'

/** Writes the n-th version of an entity, again and again until it works; that it was written twice would show as a conflict. */
async function persist(store: Store, text: string, n: number): Promise<void> {
  await patiently(() =>
    write(store, {
      events: [anEvent({ text })],
      snapshots: [{ subject: text.split(':')[0]!, version: n + 1, expected: n, way: 1, state: {} }],
    }),
  )
}

/** Tries again as long as the store is not available, and after no other error. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const attemptsMax = 100
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'STORE_UNAVAILABLE') || attempt === attemptsMax) throw error
      await pause(10)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Breaks the connections in the middle of a batch, which may then either succeed or have written nothing. */
async function interruptWhile(
  context: StoreContext,
  store: Store,
  when: 'loading' | 'deciding',
): Promise<void> {
  const attempt = store.transact(aNeed({ subjects: ['a'] }), async () => {
    if (when === 'deciding') await context.interrupt!()
    return aWrite({ events: [anEvent({ text: when })] })
  })
  if (when === 'loading') await context.interrupt!()
  const isWritten = await attempt.then(
    () => true,
    (error: unknown) => {
      assert.ok(hasCode(error, 'STORE_UNAVAILABLE'), messageOf(error))
      return false
    },
  )
  assert.equal((await patiently(() => texts(store))).includes(when), isWritten)
}

export const durability = group('durability', {
  'what was committed is there after a restart': {
    needs: ['restart'],
    run: async (context) => {
      const definition = aService()
      const before = await context.open(definition)
      const row = { id: 'p', team: 't', age: 1, active: true, tags: [] }
      const id = newId()
      const claim = [id]
      const park = [aParked('k1', 'parked')]
      await before.transact(aNeed({ claim }), () =>
        aWrite({
          events: [anEvent({ text: 'kept', subject: 'order/1' })],
          snapshots: [{ subject: 'order/1', version: 1, expected: 0, way: 1, state: { kept: true } }],
          rows: [{ view: 'people', key: 'p', row }],
          deadlines: [aDeadline()],
          park,
          queues: queueChanges({ queues: new Map() }, { park, next: { afterMs: 0 } }),
          offsets: [{ source: 's', partition: 1, expected: 0, next: 4 }],
          replies: [{ slot: 'slot', fingerprint: 'f', reply: 1, keepMs: 60_000 }],
        }),
      )
      const number = await before.nextNumber('n')
      await context.restart!()

      const store = await context.open(definition)
      const need = {
        claim,
        subjects: ['order/1'],
        rows: [{ view: 'people', key: 'p' }],
        queues: ['k1'],
        slots: ['slot'],
      }
      const loaded = await store.load(aNeed(need))
      assert.deepEqual(loaded.snapshots.get('order/1')?.state, { kept: true })
      assert.deepEqual(loaded.rows.get(rowId('people', 'p')), row)
      assert.deepEqual([[...loaded.duplicates], [...loaded.queues]], [[id], [['k1', 1]]])
      assert.equal(loaded.replies.get('slot')?.reply, 1)
      assert.deepEqual(await store.offsets(), [{ source: 's', partition: 1, next: 4 }])
      const { deadlines, parked } = await due(store)
      assert.deepEqual([deadlines.length, parked.length], [1, 1])
      assert.ok((await store.nextNumber('n')) > number)
      assert.equal(await write(store, { events: [anEvent({ text: 'next' })] }), 2)
      assert.deepEqual(await texts(store), ['kept', 'next'])
      await setAside(store, { park: [aParked('k1', 'second')] })
      const [first, second] = await store.parked(9)
      assert.ok(first!.ticket < second!.ticket)
    },
  },

  'a connection that breaks while a batch is decided costs nothing': {
    needs: ['interrupt'],
    run: async (context) => {
      const store = await context.open(aService())
      for (const when of ['loading', 'deciding'] as const) await interruptWhile(context, store, when)
      await persist(store, 'after: 0', 0)
      assert.ok((await texts(store)).includes('after: 0'))
    },
  },

  'STORE_UNAVAILABLE means not written, anything else that it is, at whatever moment a connection breaks': {
    needs: ['interrupt'],
    run: async (context) => {
      const definition = aService()
      const store = await context.open(definition)
      let writing = true
      const writers = Promise.all(
        many(4, async (writer) => {
          for (let n = 0; n < 40; n += 1) await persist(store, `w${writer}: ${n}`, n)
        }),
      ).finally(() => (writing = false))
      for (let turn = 0; writing; turn += 1) {
        await pause(20 + ((turn * 7) % 43))
        await context.interrupt!()
      }
      await writers
      const found = await patiently(() => texts(store))
      for (const writer of [0, 1, 2, 3]) {
        assert.deepEqual(
          found.filter((text) => text.startsWith(`w${writer}:`)),
          many(40, (n) => `w${writer}: ${n}`),
        )
      }
    },
  },
})

import assert from 'node:assert/strict'
import { hasCode, type Store } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import { aNeed, anEvent, aService, aWrite, many, persistently, texts, write } from './fixtures.ts'

const conflict = (error: unknown): boolean => hasCode(error, 'BATCH_CONFLICT')

function put(store: Store, expected: number, subject = 'order/1'): Promise<number> {
  return write(store, {
    snapshots: [{ subject, version: expected + 1, expected, way: 1, state: { n: expected + 1 } }],
  })
}

/** Counts entities up, each under contention, and gives their counts. */
async function countUp(
  stores: readonly Store[],
  subjects: readonly string[],
  times: number,
): Promise<unknown[]> {
  await Promise.all(
    many(times, (n) => {
      const store = stores[n % stores.length]!
      const ordered = n % 2 === 0 ? subjects : subjects.toReversed()
      return persistently(store, { subjects: ordered }, ({ snapshots }) => ({
        snapshots: ordered.map((subject) => {
          const { version = 0, state } = snapshots.get(subject) ?? {}
          const count = ((state as { count: number } | undefined)?.count ?? 0) + 1
          return { subject, version: version + 1, expected: version, way: 1, state: { count } }
        }),
      }))
    }),
  )
  const { snapshots } = await stores[0]!.load(aNeed({ subjects }))
  return subjects.map((subject) => snapshots.get(subject))
}

/** While one batch decides on what it has loaded, another changes it. */
async function changeUnderneath(context: StoreContext, handles: number): Promise<void> {
  const definition = aService()
  const stores: Store[] = []
  for (let n = 0; n < handles; n += 1) stores.push(await context.open(definition))
  const [slow, quick] = [stores[0]!, stores.at(-1)!]
  await put(slow, 0)
  let change: Promise<number> | undefined
  const slowly = persistently(slow, { subjects: ['order/1'] }, async ({ snapshots }) => {
    change ??= persistently(quick, { subjects: ['order/1'] }, (loaded) => {
      const { version } = loaded.snapshots.get('order/1')!
      return {
        events: [anEvent({ text: `changes it to ${version + 1}` })],
        snapshots: [{ subject: 'order/1', version: version + 1, expected: version, way: 1, state: {} }],
      }
    })
    // Where loading locks, the change waits for this batch; long enough for one that does not.
    await Promise.race([change, new Promise((resolve) => setTimeout(resolve, 200))])
    return { events: [anEvent({ text: `saw ${snapshots.get('order/1')!.version}` })] }
  })
  await slowly
  await change
  const order = await texts(slow)
  const possible = ['saw 1|changes it to 2', 'changes it to 2|saw 2']
  assert.ok(possible.includes(order.join('|')), `not as if one after the other: ${order.join(', ')}`)
}

export const versions = group('versions', {
  'an entity is written only over the version that was loaded': async (context) => {
    const store = await context.open(aService())
    await put(store, 0)
    await put(store, 1)
    await assert.rejects(put(store, 1), conflict)
    await assert.rejects(put(store, 0), conflict)
    await assert.rejects(put(store, 5), conflict)
    const { snapshots } = await store.load(aNeed({ subjects: ['order/1', 'order/2'] }))
    assert.deepEqual([...snapshots.values()], [{ subject: 'order/1', version: 2, way: 1, state: { n: 2 } }])
  },

  'an entity that does not exist has version 0': async (context) => {
    const store = await context.open(aService())
    await assert.rejects(put(store, 3), conflict)
    await put(store, 0)
  },

  'a version may rise by several at once': async (context) => {
    const store = await context.open(aService())
    await write(store, { snapshots: [{ subject: 'a', version: 7, expected: 0, way: 1, state: {} }] })
    await write(store, { snapshots: [{ subject: 'a', version: 9, expected: 7, way: 1, state: {} }] })
    assert.equal((await store.load(aNeed({ subjects: ['a'] }))).snapshots.get('a')!.version, 9)
  },

  'of several that create an entity at the same time one wins': async (context) => {
    const store = await context.open(aService())
    const attempts = await Promise.allSettled(many(6, () => put(store, 0)))
    const failed = attempts.filter((attempt) => attempt.status === 'rejected')
    assert.equal(failed.length, 5)
    assert.ok(failed.every(({ reason }) => conflict(reason)))
  },

  'no change under contention is lost, whichever way round entities are named': async (context) => {
    const store = await context.open(aService())
    const [one, two] = ['order/1', 'order/2']
    const expected = [one, two].map((subject) => ({ subject, version: 40, way: 1, state: { count: 40 } }))
    assert.deepEqual(await countUp([store], [one, two], 40), expected)
  },

  'an entity that was written often is what it was': async (context) => {
    const store = await context.open(aService())
    for (let n = 0; n < 150; n += 1) await put(store, n)
    for (const expected of [0, 1, 63, 64, 65, 128, 149, 151])
      await assert.rejects(put(store, expected), conflict)
    const found = async (): Promise<unknown> =>
      (await store.load(aNeed({ subjects: ['order/1', 'order/2'] }))).snapshots.get('order/1')
    assert.deepEqual(await found(), { subject: 'order/1', version: 150, way: 1, state: { n: 150 } })
    await put(store, 150)
    assert.deepEqual(await found(), { subject: 'order/1', version: 151, way: 1, state: { n: 151 } })
  },

  'no change of an entity that many write all the time is lost': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const subjects = ['order/1', 'order/2']
      const expected = subjects.map((subject) => ({ subject, version: 300, way: 1, state: { count: 300 } }))
      assert.deepEqual(await countUp(stores, subjects, 300), expected)
    },
  },

  'so between processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const subjects = ['order/1', 'order/2', 'order/3']
      const expected = subjects.map((subject) => ({ subject, version: 40, way: 1, state: { count: 40 } }))
      assert.deepEqual(await countUp(stores, subjects, 40), expected)
    },
  },

  'nobody changes a loaded entity before the commit, also one that is only read': (context) =>
    changeUnderneath(context, 1),

  'nobody in another process either': {
    needs: ['handles'],
    run: (context) => changeUnderneath(context, 2),
  },

  'a decide may load more': async (context) => {
    const store = await context.open(aService())
    await put(store, 0, 'order/1')
    const row = { id: 'p', team: 't', age: 1, active: true, tags: [] }
    await write(store, { rows: [{ view: 'people', key: 'p', row }] })
    await store.transact(aNeed({ subjects: ['order/2'] }), async (first, more) => {
      assert.equal(first.snapshots.size, 0)
      const second = await more(aNeed({ subjects: ['order/1'], rows: [{ view: 'people', key: 'p' }] }))
      assert.equal(second.snapshots.get('order/1')?.version, 1)
      assert.deepEqual([...second.rows.values()], [row])
      return aWrite({ snapshots: [{ subject: 'order/1', version: 2, expected: 1, way: 1, state: { n: 2 } }] })
    })
    await assert.rejects(put(store, 1), conflict)
  },
})

import assert from 'node:assert/strict'
import type { Store } from '@waybill/core'
import { group } from './context.ts'
import { aNeed, anEvent, aService, many, news, persistently, textOf, texts, write } from './fixtures.ts'

/** Writes under contention: each writer moves one of a few entities on, one version at a time. */
async function contend(stores: readonly Store[], writers: number, turns: number): Promise<void> {
  await Promise.all(
    many(writers, async (writer) => {
      for (let turn = 0; turn < turns; turn += 1) {
        const key = `k${(writer + turn) % 5}`
        await persistently(stores[writer % stores.length]!, { subjects: [key] }, ({ snapshots }) => {
          const expected = snapshots.get(key)?.version ?? 0
          const version = expected + 1
          return {
            events: [anEvent({ key, text: `${version}a` }), anEvent({ key, text: `${version}b` })],
            snapshots: [{ subject: key, version, expected, way: 1, state: { version } }],
          }
        })
      }
    }),
  )
}

async function assertDenseAndOrdered(store: Store, count: number): Promise<void> {
  const events = await news(store)
  assert.deepEqual(
    events.map(({ position }) => position),
    many(count, (n) => n + 1),
  )
  for (const [key, ofKey] of Map.groupBy(events, (event) => event.key)) {
    const expected = many(ofKey.length / 2, (n) => [`${n + 1}a`, `${n + 1}b`]).flat()
    assert.deepEqual(ofKey.map(textOf), expected, `events of ${key} are in the order of their commits`)
  }
}

export const positions = group('positions', {
  'start at 1, are dense, and follow the order of the write': async (context) => {
    const store = await context.open(aService())
    assert.equal(await write(store, { events: [anEvent({ text: 'a' }), anEvent({ text: 'b' })] }), 1)
    assert.equal(await write(store, { events: [anEvent({ text: 'c' })] }), 3)
    await write(store, { offsets: [{ source: 's', partition: 0, expected: 0, next: 5 }] })
    assert.equal(await write(store, { events: [anEvent({ text: 'd' })] }), 4)
    assert.deepEqual(
      (await news(store)).map((event) => [event.position, textOf(event)]),
      [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
        [4, 'd'],
      ],
    )
  },

  'a write that fails leaves no gap': async (context) => {
    const store = await context.open(aService())
    await write(store, { events: [anEvent({ text: 'a' })] })
    const events = [anEvent({ text: 'lost' }), anEvent({ text: 'lost' })]
    await assert.rejects(write(store, { events, unpark: [77] }))
    await assert.rejects(store.transact(aNeed({}), () => Promise.reject(new Error('decide'))))
    assert.equal(await write(store, { events: [anEvent({ text: 'b' })] }), 2)
    assert.deepEqual(await texts(store), ['a', 'b'])
  },

  'concurrent writers leave no gaps, and each key is in the order of its commits': async (context) => {
    const store = await context.open(aService())
    await contend([store], 8, 20)
    await assertDenseAndOrdered(store, 320)
  },

  'so do writers in several processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      await contend(stores, 8, 20)
      await assertDenseAndOrdered(stores[0]!, 320)
    },
  },

  'a reader that follows the positions misses nothing while others write': async (context) => {
    const store = await context.open(aService())
    let writing = true
    const written = contend([store], 6, 20).finally(() => (writing = false))
    const seen: number[] = []
    for (let after = 0, last = false; !last;) {
      const ended = !writing
      const { events, upTo, atEnd } = await store.published(after, ['news'], 7)
      seen.push(...events.map(({ position }) => position))
      last = ended && atEnd
      after = upTo
      await new Promise((resolve) => setImmediate(resolve))
    }
    await written
    assert.deepEqual(
      seen,
      many(240, (n) => n + 1),
    )
  },
})

import assert from 'node:assert/strict'
import type { Store } from '@waybill/core'
import { group } from './context.ts'
import { aNeed, anEvent, aService, due, many, People, texts, write } from './fixtures.ts'

function put(store: Store, view: string): Promise<number> {
  const row = { id: 'a', team: 't', age: 1, active: true, tags: [] }
  return write(store, { events: [anEvent({ text: view })], rows: [{ view, key: 'a', row }] })
}

export const opening = group('opening', {
  'a new store is empty and knows its service': async (context) => {
    const definition = aService()
    const store = await context.open(definition)
    assert.equal(store.service, definition.name)
    assert.deepEqual(await store.published(0, ['news'], 10), { events: [], upTo: 0, atEnd: true })
    assert.deepEqual([await store.offsets(), await store.parked(10)], [[], []])
    const { now: _, ...nothing } = await due(store)
    assert.deepEqual(nothing, { deadlines: [], parked: [], nextInMs: undefined })
    const loaded = await store.load(
      aNeed({ subjects: ['a'], rows: [{ view: 'people', key: 'a' }], slots: ['a'] }),
    )
    assert.deepEqual([loaded.snapshots.size, loaded.rows.size, loaded.replies.size], [0, 0, 0])
  },

  'services see nothing of each other': async (context) => {
    const [one, two] = [await context.open(aService()), await context.open(aService())]
    await put(one, 'people')
    await one.nextNumber('n')
    assert.deepEqual(await texts(two), [])
    assert.equal((await two.load(aNeed({ rows: [{ view: 'people', key: 'a' }] }))).rows.size, 0)
    assert.equal(await two.nextNumber('n'), 1)
    assert.equal(await put(two, 'people'), 1)
  },

  'a service may be opened by several processes at once': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = await Promise.all(many(4, () => context.open(definition)))
      for (const store of stores) await write(store, { events: [anEvent({ text: 'x' })] })
      assert.equal((await texts(stores[0]!)).length, 4)
    },
  },

  'a service may get another view and another index later': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const old = await context.open({ ...definition, views: [] })
      await write(old, { events: [anEvent({ text: 'before' })] })
      await put(await context.open(definition), 'people')
      const indexed = { ...People, indexes: [...People.indexes, ['tags']] }
      const store = await context.open({ ...definition, views: [indexed, { ...People, name: 'more' }] })
      await put(store, 'more')
      assert.deepEqual(await texts(store), ['before', 'people', 'more'])
    },
  },
})

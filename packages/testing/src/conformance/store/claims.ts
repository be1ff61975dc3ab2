import assert from 'node:assert/strict'
import type { Store } from '@waybill/core'
import { pause } from '../waiting.ts'
import { group } from './context.ts'
import { aNeed, anEvent, aService, aWrite, many, newId, persistently, texts } from './fixtures.ts'

/** Claims ids and writes one event for each that is new. */
function receive(store: Store, ids: readonly string[]): Promise<number> {
  return persistently(store, { claim: ids }, ({ duplicates }) => ({
    events: ids.filter((id) => !duplicates.has(id)).map((text) => anEvent({ text })),
  }))
}

export const claims = group('claims', {
  'an event that was claimed before is a duplicate, the others are not': async (context) => {
    const store = await context.open(aService())
    const [one, two, three] = [newId(), newId(), newId()]
    await receive(store, [one, two])
    await receive(store, [two, three, one])
    assert.deepEqual(await texts(store), [one, two, three])
  },

  'a claim is any text, and no two are the same': async (context) => {
    const store = await context.open(aService())
    const id = newId()
    const names = [`a/${id}`, `b/${id}`, id, `${'x'.repeat(3_000)}/${id}`, `ä '"/${id}`]
    await receive(store, names.slice(1))
    const { duplicates } = await store.load(aNeed({ claim: names }))
    assert.deepEqual([...duplicates], names.slice(1))
    await receive(store, names)
    assert.deepEqual(await texts(store), [...names.slice(1), names[0]])
  },

  'an id may stand in one claim twice': async (context) => {
    const store = await context.open(aService())
    const id = newId()
    await store.transact(aNeed({ claim: [id, id] }), ({ duplicates }) => {
      assert.equal(duplicates.size, 0, 'it was not claimed by an earlier batch')
      return aWrite({})
    })
    const { duplicates } = await store.load(aNeed({ claim: [id] }))
    assert.deepEqual([...duplicates], [id])
  },

  'what a batch leaves to another one after all, that one claims': async (context) => {
    const store = await context.open(aService())
    const [done, left, before] = [newId(), newId(), newId()]
    await receive(store, [before])
    await store.transact(aNeed({ claim: [done, left, before] }), () => aWrite({ unclaim: [left] }))
    const { duplicates } = await store.load(aNeed({ claim: [done, left, before] }))
    assert.deepEqual([...duplicates].toSorted(), [done, before].toSorted())
    await receive(store, [left])
    assert.deepEqual(await texts(store), [before, left])
  },

  'of writers that claim the same event at the same time one gets it': async (context) => {
    const definition = aService()
    const store = await context.open(definition)
    const ids = many(5, newId)
    await Promise.all(many(8, (n) => receive(store, n % 2 === 0 ? ids : ids.toReversed())))
    assert.deepEqual((await texts(store)).toSorted(), ids.toSorted())
  },

  'so of writers in several processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const ids = many(5, newId)
      await Promise.all(many(8, (n) => receive(stores[n % 2]!, n % 3 === 0 ? ids : ids.toReversed())))
      assert.deepEqual((await texts(stores[0]!)).toSorted(), ids.toSorted())
    },
  },

  'load tells duplicates and claims nothing': async (context) => {
    const store = await context.open(aService())
    const id = newId()
    const need = aNeed({ claim: [id] })
    assert.equal((await store.load(need)).duplicates.size, 0)
    assert.equal((await store.load(need)).duplicates.size, 0)
    await receive(store, [id])
    assert.deepEqual([...(await store.load(need)).duplicates], [id])
  },

  'old claims are forgotten, later ones are kept': async (context) => {
    const store = await context.open(aService())
    const [old, fresh] = [newId(), newId()]
    await receive(store, [old])
    await pause(1_100)
    await receive(store, [fresh])
    await store.forget(1_000)
    assert.deepEqual([...(await store.load(aNeed({ claim: [old, fresh] }))).duplicates], [fresh])
  },
})

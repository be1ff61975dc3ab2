import assert from 'node:assert/strict'
import { group } from './context.ts'
import { aService, many } from './fixtures.ts'

export const numbers = group('numbers', {
  'begin at 1 for each sequence and rise': async (context) => {
    const store = await context.open(aService())
    assert.equal(await store.nextNumber('invoice'), 1)
    assert.equal(await store.nextNumber('parcel "é"'), 1)
    const [second, third] = [await store.nextNumber('invoice'), await store.nextNumber('invoice')]
    assert.ok(second > 1 && third > second)
  },

  'are never the same': async (context) => {
    const store = await context.open(aService())
    const drawn = await Promise.all(many(50, () => store.nextNumber('invoice')))
    assert.equal(new Set(drawn).size, 50)
  },

  'are never the same in two processes': {
    needs: ['handles'],
    run: async (context) => {
      const definition = aService()
      const stores = [await context.open(definition), await context.open(definition)]
      const drawn = await Promise.all(many(50, (n) => stores[n % 2]!.nextNumber('invoice')))
      assert.equal(new Set(drawn).size, 50)
    },
  },
})

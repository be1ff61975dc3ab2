import assert from 'node:assert/strict'
import { type RowSelection, rowId, type Store } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import { aNeed, aService, many, persistently, write } from './fixtures.ts'

interface Person {
  readonly id: string
  readonly team: string
  readonly age: number
  readonly active: boolean
  readonly tags: readonly string[]
}

function person(id: string, parts: Partial<Person> = {}): Person {
  return { id, team: 'red', age: 30, active: true, tags: [], ...parts }
}

function put(store: Store, ...people: readonly Person[]): Promise<number> {
  return write(store, { rows: people.map((row) => ({ view: 'people', key: row.id, row })) })
}

async function keys(store: Store, selection: Partial<RowSelection> = {}): Promise<readonly string[]> {
  const all = { view: 'people', where: {}, limit: 100, order: 'ascending', after: undefined } as const
  return (await store.selectRows({ ...all, ...selection })).map(({ key }) => key)
}

async function load(store: Store, key: string): Promise<unknown> {
  return (await store.load(aNeed({ rows: [{ view: 'people', key }] }))).rows.get(rowId('people', key))
}

/** Counts two rows up, each batch on what it has loaded, and sees whether every batch counts. */
async function countTags(context: StoreContext, handles: number): Promise<void> {
  const definition = aService()
  const stores: Store[] = []
  for (let n = 0; n < handles; n += 1) stores.push(await context.open(definition))
  const times = 30
  await Promise.all(
    many(times, (n) => {
      const ids = n % 2 === 0 ? ['a', 'b'] : ['b', 'a']
      const needed = ids.map((key) => ({ view: 'people', key }))
      return persistently(stores[n % handles]!, { rows: needed }, ({ rows: loaded }) => ({
        rows: ids.map((key) => {
          const age = (loaded.get(rowId('people', key)) as Person | undefined)?.age ?? 0
          return { view: 'people', key, row: person(key, { age: age + 1 }) }
        }),
      }))
    }),
  )
  for (const key of ['a', 'b']) assert.deepEqual(await load(stores[0]!, key), person(key, { age: times }))
}

export const rows = group('rows', {
  'are put, replaced, deleted and put again': async (context) => {
    const store = await context.open(aService())
    assert.equal(await load(store, 'a'), undefined)
    await put(store, person('a'))
    assert.deepEqual(await load(store, 'a'), person('a'))
    await put(store, person('a', { age: 31, tags: ['x', 'y'] }), person('b'))
    assert.deepEqual(await load(store, 'a'), person('a', { age: 31, tags: ['x', 'y'] }))
    const gone = { view: 'people', key: 'a', row: undefined }
    await write(store, { rows: [gone, { ...gone, key: 'never was' }] })
    assert.equal(await load(store, 'a'), undefined)
    assert.deepEqual(await keys(store), ['b'])
    await put(store, person('a'))
    assert.deepEqual(await keys(store), ['a', 'b'])
  },

  'are folded without loss under contention, whichever way round they are named': (context) =>
    countTags(context, 1),

  'so between processes': { needs: ['handles'], run: (context) => countTags(context, 2) },

  'are selected by one field or several, of every type': async (context) => {
    const store = await context.open(aService())
    await put(
      store,
      person('a'),
      person('b', { team: 'blue' }),
      person('c', { active: false }),
      person('d', { age: 40 }),
    )
    assert.deepEqual(await keys(store, { where: { team: 'red' } }), ['a', 'c', 'd'])
    assert.deepEqual(await keys(store, { where: { team: 'red', active: true } }), ['a', 'd'])
    assert.deepEqual(await keys(store, { where: { age: 40 } }), ['d'])
    assert.deepEqual(await keys(store, { where: { active: false } }), ['c'])
    assert.deepEqual(await keys(store, { where: { id: 'b' } }), ['b'])
    assert.deepEqual(await keys(store, { where: { team: 'green' } }), [])
  },

  'are selected by what they have become': async (context) => {
    const store = await context.open(aService())
    await put(store, person('a'), person('b'))
    await put(store, person('a', { team: 'blue' }))
    assert.deepEqual(await keys(store, { where: { team: 'red' } }), ['b'])
    assert.deepEqual(await keys(store, { where: { team: 'blue' } }), ['a'])
  },

  'come in the order of their keys, character by character': async (context) => {
    const store = await context.open(aService())
    const sorted = ['-', '10', '9', 'B', 'a', 'a-1', 'a1', 'ab', 'b', 'é']
    await put(store, ...sorted.toReversed().map((id) => person(id)))
    assert.deepEqual(await keys(store), sorted)
    assert.deepEqual(await keys(store, { order: 'descending' }), sorted.toReversed())
  },

  'come in pages, both ways, with and without a condition': async (context) => {
    const store = await context.open(aService())
    const all = many(23, (n) =>
      person(`p${String(n).padStart(2, '0')}`, { team: n % 2 === 0 ? 'red' : 'blue' }),
    )
    await put(store, ...all)
    for (const order of ['ascending', 'descending'] as const) {
      for (const where of [{}, { team: 'red' }]) {
        const wanted = all.filter(({ team }) => !('team' in where) || team === where.team).map(({ id }) => id)
        const seen: string[] = []
        for (let after: string | undefined; ;) {
          const page = await keys(store, { where, order, limit: 5, after })
          seen.push(...page)
          after = page.at(-1)
          if (page.length < 5) break
        }
        assert.deepEqual(seen, order === 'ascending' ? wanted : wanted.toReversed())
      }
    }
  },

  'go on after a key whose row is gone': async (context) => {
    const store = await context.open(aService())
    await put(store, person('a'), person('c'))
    assert.deepEqual(await keys(store, { after: 'b' }), ['c'])
    assert.deepEqual(await keys(store, { after: 'b', order: 'descending' }), ['a'])
  },

  'of two views are apart': async (context) => {
    const definition = aService()
    const [people] = definition.views
    const store = await context.open({ ...definition, views: [people!, { ...people!, name: 'past-people' }] })
    await put(store, person('a'))
    await write(store, { rows: [{ view: 'past-people', key: 'a', row: person('a', { team: 'past' }) }] })
    assert.deepEqual(await load(store, 'a'), person('a'))
    assert.deepEqual(await keys(store, { where: { team: 'past' } }), [])
    assert.deepEqual(await keys(store, { view: 'past-people', where: { team: 'past' } }), ['a'])
  },
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { entity } from '../../contract/entity.ts'
import { event, internal } from '../../contract/event.ts'
import { command } from '../../contract/command.ts'
import { service, type ServiceDef } from '../../contract/service.ts'
import { view } from '../../contract/view.ts'
import { memoryStore } from '../../memory/store.ts'
import { needNothing, type Store, writeNothing } from '../../ports/store.ts'
import { checkHistory } from './check-history.ts'

const data = Type.Object({ id: Type.String() })

/** A service whose parts have these names, and whose entity and view have these fields. */
function lending(
  names: { entity?: string; event?: string; field?: string; row?: object; retired?: string[] } = {},
): ServiceDef {
  const { field = 'available', retired = [] } = names
  const Lent = internal(names.event ?? 'Lent', { data })
  const Book = entity<object>(names.entity ?? 'book', { [field]: true }).evolve(Lent, () => ({
    [field]: false,
  }))
  const row = Type.Object({ id: Type.String(), ...names.row })
  const lend = command('lend', {
    input: data,
    at: Book,
    id: ({ id }) => id,
    emits: [Lent],
    decide: (_, it) => Lent(it),
  })
  const books = view('books', { row, key: 'id' }).on(Lent, (_, { id }) => ({ id }) as never)
  return service('lending', { entities: [Book], commands: [lend], views: [books], retired })
}

/** What an earlier start and some work have left. */
async function withHistory(): Promise<Store> {
  const store = memoryStore('lending')
  await store.open(lending())
  assert.deepEqual(await checkHistory(lending(), store), [])
  const head = { id: 'e1', type: 'Lent', topic: undefined, key: 'a', subject: 'book/a', alsoSubjects: [] }
  const more = {
    correlationId: 'c',
    causationId: undefined,
    traceparent: undefined,
    at: 0,
    payload: new Uint8Array(),
  }
  await store.transact(needNothing, () => ({
    ...writeNothing,
    events: [{ ...head, ...more }],
    snapshots: [{ subject: 'book/a', version: 1, expected: 0, state: { available: false }, way: 1 }],
    rows: [{ view: 'books', key: 'a', row: { id: 'a' } }],
  }))
  return store
}

async function refused(definition: ServiceDef, message: RegExp): Promise<void> {
  const store = await withHistory()
  await assert.rejects(checkHistory(definition, store), { code: 'DEFINITION_CHANGED', message })
  // Nothing is noted of a start that was refused.
  assert.deepEqual(await checkHistory(lending(), store), [])
}

test('a field of a state that was renamed is said, and nothing is refused', async () => {
  const store = await withHistory()
  assert.match(
    (await checkHistory(lending({ field: 'isFree' }), store)).join(),
    /^Entity book is folded in another way/,
  )
  assert.deepEqual(await checkHistory(lending({ field: 'isFree' }), store), [])
})

test('an entity and an event that were renamed are refused, with their names', async () => {
  await refused(lending({ entity: 'volume' }), /entity book: it has a history, and is no longer declared/)
  await refused(lending({ event: 'Borrowed' }), /event Lent: it has a history, and is no longer declared/)
})

test('what is retired on purpose is not missed', async () => {
  const store = await withHistory()
  await checkHistory(lending({ entity: 'volume', event: 'Borrowed', retired: ['book', 'Lent'] }), store)
})

test('what has no history may go', async () => {
  const store = memoryStore('lending')
  await store.open(lending())
  await checkHistory(lending(), store)
  await checkHistory(lending({ entity: 'volume', event: 'Borrowed' }), store)
})

test('a row that got a field which the old ones lack is refused, unless it is optional', async () => {
  await refused(lending({ row: { pages: Type.Integer() } }), /view books: its row 'a' does not fit: .*pages/)
  const optional = lending({ row: { pages: Type.Optional(Type.Integer()) } })
  assert.deepEqual(await checkHistory(optional, await withHistory()), [])
})

test('a view that is new on a service with data is said to be empty', async () => {
  const { views, ...rest } = lending()
  const added = view('later', { row: data, key: 'id' })
  const news = await checkHistory(
    service('lending', { ...rest, views: [...views, added] }),
    await withHistory(),
  )
  assert.match(news.join(), /^View later is new: it shows what happens from now on/)
})

test('what was gone for a while is missed all the same', async () => {
  const store = await withHistory()
  await checkHistory(lending({ entity: 'volume', event: 'Borrowed', retired: ['book', 'Lent'] }), store)
  await assert.rejects(checkHistory(lending({ entity: 'volume', event: 'Borrowed' }), store), {
    message: /entity book: it has a history(.|\n)*event Lent: it has a history|event Lent(.|\n)*entity book/,
  })
})

test('a view that was gone for a while lacks something, and its rows have to fit', async () => {
  const store = await withHistory()
  const without = { ...lending(), views: [] }
  await checkHistory(without, store)
  await assert.rejects(checkHistory(lending({ row: { title: Type.String() } }), store), {
    message: /view books: its row 'a' does not fit/,
  })
  assert.match(
    (await checkHistory(lending(), store)).join(),
    /View books is declared again: it shows nothing of what/,
  )
  assert.deepEqual(await checkHistory(lending(), store), [])
})

test('an entity that begins to change by an event of before is told of it', async () => {
  const store = memoryStore('lending')
  const whole = lending()
  const [Book] = whole.entities
  const less = { ...whole, entities: [{ ...Book!, evolves: new Map() }] }
  await checkHistory(less, store)
  assert.match(
    (await checkHistory(whole, store)).join('\n'),
    /Entity book changes by Lent from now on; those of before are not in its history/,
  )
})

test('a view whose rows are named by another field now is refused, and another topic is said', async () => {
  const store = await withHistory()
  const [books] = lending({ row: { title: Type.Optional(Type.String()) } }).views
  await assert.rejects(checkHistory({ ...lending(), views: [{ ...books!, key: 'title' }] }, store), {
    message: /view books: its row 'a' is named by id, and not by title/,
  })
  const on = (topic: string): ServiceDef => {
    const Lent = event('Lent', { topic, key: 'id', data })
    const { commands, ...rest } = lending()
    return { ...rest, commands: commands.map((one) => ({ ...one, emits: [Lent] })) }
  }
  await checkHistory(on('lent'), store)
  assert.match(
    (await checkHistory(on('loans'), store)).join(),
    /Lent goes to the topic loans now: .* on lent they will/,
  )
})

import assert from 'node:assert/strict'
import { rowId } from '@waybill/core'
import { group, type StoreContext } from './context.ts'
import {
  aDeadline,
  aNeed,
  anEvent,
  aParked,
  aService,
  aWrite,
  many,
  news,
  due,
  newId,
  queueChanges,
  setAside,
  textOf,
  write,
} from './fixtures.ts'

const awkward = [
  `it's "quoted" \\ and, {braced}; -- $1 %s`,
  'line\nbreak\ttab\r',
  ' leading and trailing ',
  'NULL',
  'ünïcödé 漢字 עברית 🚚🏳️‍🌈',
  '\u0001\u007f\u2028\ufeff',
  '{"a":1}',
]

/** Writes one string everywhere where a string can stand, and reads it back from everywhere. */
async function roundTrip(context: StoreContext, text: string): Promise<void> {
  const store = await context.open(aService())
  const subject = `order/${text}`
  const row = { id: text, team: text, age: 1, active: true, tags: [text] }
  const correlationId = newId()
  const park = [aParked(text, text, { error: { code: 'X', message: text } })]
  await write(store, {
    events: [anEvent({ key: text, text, subject, alsoSubjects: [`also/${text}`], correlationId })],
    snapshots: [{ subject, version: 1, expected: 0, way: 1, state: { [text]: text } }],
    rows: [{ view: 'people', key: text, row }],
    deadlines: [aDeadline({ key: text })],
    park,
    queues: queueChanges({ queues: new Map() }, { park, next: { never: text } }),
    replies: [{ slot: text, fingerprint: text, reply: { text }, keepMs: 60_000 }],
    offsets: [{ source: text, partition: 0, expected: 0, next: 1, mark: text }],
  })
  const need = { subjects: [subject], rows: [{ view: 'people', key: text }], queues: [text], slots: [text] }
  const loaded = await store.load(aNeed(need))
  const selection = {
    view: 'people',
    where: { team: text },
    limit: 9,
    order: 'ascending',
    after: undefined,
  } as const
  const { deadlines, parked } = await due(store, { queues: [text] })
  assert.deepEqual(
    {
      keys: (await news(store)).map((event) => [event.key, event.subject, textOf(event)]),
      also: (await store.history(`also/${text}`)).length,
      state: loaded.snapshots.get(subject)?.state,
      row: loaded.rows.get(rowId('people', text)),
      selected: await store.selectRows(selection),
      queues: [...loaded.queues],
      parked: parked.map(({ event, error }) => [event.key, error?.message]),
      deadlines: deadlines.map(({ key }) => key),
      reply: loaded.replies.get(text)?.reply,
      offsets: await store.offsets(),
    },
    {
      keys: [[text, subject, text]],
      also: 1,
      state: { [text]: text },
      row,
      selected: [{ key: text, row }],
      queues: [[text, 1]],
      parked: [[text, text]],
      deadlines: [text],
      reply: { text },
      offsets: [{ source: text, partition: 0, next: 1, mark: text }],
    },
  )
}

export const values = group('values', {
  'any text may stand in a key, a state and a row': async (context) => {
    for (const text of awkward) await roundTrip(context, text)
  },

  'also the empty one': (context) => roundTrip(context, ''),

  'also one with a NUL': (context) => roundTrip(context, 'before\u0000after'),

  'any plain data may be a state': async (context) => {
    const store = await context.open(aService())
    const states = [
      {
        zero: 0,
        minus: -1.5e-9,
        large: Number.MAX_SAFE_INTEGER,
        none: null,
        yes: true,
        list: [],
        nested: [[{}]],
      },
      [1, 'two', [3]],
      'text',
      17,
      false,
    ]
    await write(store, {
      snapshots: states.map((state, n) => ({ subject: `s/${n}`, version: 1, expected: 0, way: 1, state })),
    })
    const { snapshots } = await store.load(aNeed({ subjects: states.map((_, n) => `s/${n}`) }))
    assert.deepEqual(
      states.map((_, n) => snapshots.get(`s/${n}`)?.state),
      states,
    )
  },

  'a large payload and a large state': async (context) => {
    const store = await context.open(aService())
    const payload = Uint8Array.from({ length: 2_000_000 }, (_, n) => n % 251)
    const state = { text: 'x'.repeat(2_000_000) }
    await write(store, {
      events: [anEvent({ payload })],
      snapshots: [{ subject: 's', version: 1, expected: 0, way: 1, state }],
    })
    assert.ok(Buffer.from(payload).equals((await news(store))[0]!.payload))
    assert.deepEqual((await store.load(aNeed({ subjects: ['s'] }))).snapshots.get('s')!.state, state)
  },

  'a batch of a thousand of everything': async (context) => {
    const store = await context.open(aService())
    const person = { team: 't', age: 1, active: true, tags: [] }
    const ids = many(1_000, (n) => `e${n}`)
    await setAside(
      store,
      { park: ids.map((id) => aParked(id, id)) },
      { deadlines: ids.map(() => aDeadline()) },
    )
    const { deadlines, parked } = await due(store, { limit: 1_000 })
    assert.deepEqual([deadlines.length, parked.length], [1_000, 1_000])
    const need = {
      claim: ids.map(newId),
      subjects: ids,
      rows: ids.map((key) => ({ view: 'people', key })),
      queues: ids,
      slots: ids,
    }
    const first = await store.transact(aNeed(need), (loaded) =>
      aWrite({
        events: ids.map((key) => anEvent({ key, text: key, subject: key, alsoSubjects: [`also/${key}`] })),
        snapshots: ids.map((subject) => ({ subject, version: 1, expected: 0, way: 1, state: { subject } })),
        rows: ids.map((id) => ({ view: 'people', key: id, row: { id, ...person } })),
        firedDeadlines: deadlines.map(({ id }) => id),
        unpark: parked.map(({ ticket }) => ticket),
        queues: queueChanges(loaded, { unpark: parked }),
        replies: ids.map((slot) => ({ slot, fingerprint: slot, reply: { slot }, keepMs: 60_000 })),
        offsets: many(1_000, (partition) => ({ source: 's', partition, expected: 0, next: 1 })),
      }),
    )
    assert.equal(first.firstPosition, 1)
    assert.deepEqual((await news(store)).map(textOf), ids)
    const loaded = await store.load(aNeed(need))
    const sizes = [loaded.duplicates.size, loaded.snapshots.size, loaded.rows.size, loaded.replies.size]
    assert.deepEqual([sizes, loaded.queues.size], [[1_000, 1_000, 1_000, 1_000], 0])
    assert.deepEqual((await store.history('also/e999')).map(textOf), ['e999'])
  },
})

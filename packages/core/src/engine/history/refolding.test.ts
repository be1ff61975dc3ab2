import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { entity } from '../../contract/entity.ts'
import { internal } from '../../contract/event.ts'
import { on } from '../../contract/handler.ts'
import { service } from '../../contract/service.ts'
import { jsonCodec } from '../../memory/codec.ts'
import { memoryStore } from '../../memory/store.ts'
import { needNothing, type Store, writeNothing } from '../../ports/store.ts'
import { refolding } from './refolding.ts'

test('however many states are needed at once, all are folded anew', async () => {
  const Lent = internal('Lent', { data: Type.Object({ n: Type.Integer() }) })
  const Book = entity('book', { n: 0 }).evolve(Lent, (_, { n }) => ({ n }))
  const handlers = [
    on(Lent)
      .at(Book, () => 'any')
      .observe(),
  ]
  const lending = service('lending', { entities: [Book], handlers })
  const original = memoryStore('lending')
  await original.open(lending)
  const subjects = Array.from({ length: 11_000 }, (_, n) => `book/${n}`)
  const head = { type: 'Lent', topic: undefined, key: 'a', alsoSubjects: [], correlationId: 'c', at: 0 }
  const none = { causationId: undefined, traceparent: undefined, id: 'e', position: 1 }
  // Each with a history of one event, found at once.
  const history: Store['history'] = async (subject, { after = 0 } = {}) => {
    const payload = jsonCodec.encode(Lent, { n: Number(subject.slice('book/'.length)) })
    return after === 0 ? [{ ...head, ...none, subject, payload }] : []
  }
  await original.transact(needNothing, () => ({
    ...writeNothing,
    snapshots: subjects.map((subject) => ({ subject, version: 1, expected: 0, state: {}, way: 0 })),
  }))
  const store = refolding({ ...original, history }, lending, jsonCodec)
  const { snapshots } = await store.load({ ...needNothing, subjects })
  assert.ok(subjects.every((subject, n) => (snapshots.get(subject)!.state as { n: number }).n === n))
})

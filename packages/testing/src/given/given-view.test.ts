import assert from 'node:assert/strict'
import { test } from 'node:test'
import { event, view } from '@waybill/core'
import Type from 'typebox'
import { givenView } from './given-view.ts'

const Placed = event('Placed', {
  topic: 'placed',
  key: 'id',
  data: Type.Object({ id: Type.String(), tags: Type.Array(Type.String()) }),
})
const Cancelled = event('Cancelled', {
  topic: 'cancelled',
  key: 'id',
  data: Type.Object({ id: Type.String() }),
})

const Orders = view('orders', { key: 'id', row: Type.Object({ id: Type.String(), at: Type.String() }) })
  .on(Placed, (_, e, { at }) => ({ id: e.id, at: at.toISOString() }))
  .on(Cancelled, () => undefined)
const Tags = view('tags', { key: 'tag', row: Type.Object({ tag: Type.String(), count: Type.Integer() }) }).on(
  Placed,
  (e) => e.tags,
  (row, _, __, tag) => ({ tag, count: (row?.count ?? 0) + 1 }),
)

test('rows come, change and go', () => {
  const at = new Date('2026-02-03T04:05:06Z')
  const placed = givenView(Orders)
    .on(Placed({ id: 'b', tags: [] }), { at })
    .on(Placed({ id: 'a', tags: [] }), { at })
  placed.thenRows({ id: 'a', at: at.toISOString() }, { id: 'b', at: at.toISOString() })
  const left = placed.on(Cancelled({ id: 'a' }))
  assert.deepEqual([left.row('a'), left.rows().length, placed.rows().length], [undefined, 1, 2])
})

test('one event changes several rows', () => {
  givenView(Tags)
    .on(Placed({ id: 'a', tags: ['x', 'y'] }))
    .on(Placed({ id: 'b', tags: ['y'] }))
    .thenRows({ tag: 'x', count: 1 }, { tag: 'y', count: 2 })
})

test('a foreign event, an impure projection, a row that does not fit or stands elsewhere fail', () => {
  const shape = { key: 'id' as const, row: Type.Object({ id: Type.String() }) }
  const placed = Placed({ id: 'a', tags: [] })
  let calls = 0
  assert.throws(() => givenView(Orders.on(Placed, () => ({ id: 'b', at: '' }))).on(placed), /names itself b/)
  assert.throws(() => givenView(Tags).on(Cancelled({ id: 'a' })), /does not listen to Cancelled/)
  const counting = view('v', shape).on(Placed, () => ({ id: 'a', calls: (calls += 1) }))
  assert.throws(() => givenView(counting).on(placed), /not pure/)
  const unfit = view('v', shape).on(Placed, () => ({ id: 1 as unknown as string }))
  assert.throws(() => givenView(unfit).on(placed), /\/id must be string/)
  const mutating = view('v', shape).on(Placed, (_, e) => void e.tags.push(''))
  assert.throws(() => givenView(mutating).on(placed), TypeError)
})

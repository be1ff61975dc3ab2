import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byCausation } from './flow.ts'

function order(...events: readonly (readonly [id: string, causationId: string | undefined, at: number])[]) {
  return byCausation(events.map(([id, causationId, at]) => ({ id, causationId, at }))).map(({ id }) => id)
}

test('Without causation, time orders', () => {
  assert.deepEqual(order(['b', undefined, 2], ['a', undefined, 1]), ['a', 'b'])
})

test('A cause comes before its effect, whatever the clocks say', () => {
  assert.deepEqual(order(['effect', 'cause', 1], ['cause', undefined, 5]), ['cause', 'effect'])
})

test('Branches are merged by time', () => {
  assert.deepEqual(
    order(['a', undefined, 1], ['a1', 'a', 2], ['a2', 'a1', 6], ['b1', 'a', 3], ['b2', 'b1', 4]),
    ['a', 'a1', 'b1', 'b2', 'a2'],
  )
})

test('An event whose cause is not of the flow is there too', () => {
  assert.deepEqual(order(['a', 'a command', 1], ['b', 'a', 2]), ['a', 'b'])
})

test('Events of one moment stay in the order of their log', () => {
  assert.deepEqual(order(['x', undefined, 1], ['b', 'x', 1], ['a', 'x', 1]), ['x', 'b', 'a'])
})

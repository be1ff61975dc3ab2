import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIds, timeOfId } from './ids.ts'

const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('Ids are UUIDs of version 7, rise, and never repeat', () => {
  const { newId } = createIds()
  const ids = Array.from({ length: 100_000 }, () => newId())
  for (const [index, id] of ids.entries()) {
    assert.match(id, uuidv7)
    assert.ok(index === 0 || id > ids[index - 1]!)
  }
})

test('An id tells when it was made', () => {
  const at = Date.UTC(2026, 10, 21)
  assert.equal(timeOfId(createIds(() => at).newId()), at)
  assert.equal(timeOfId('4b85d167-4cf0-48d3-8099-ff0d52a26e80'), undefined)
  assert.equal(timeOfId('order-7'), undefined)
})

test('Order holds when the clock stands still longer than the counter lasts', () => {
  const at = Date.UTC(2026, 10, 21)
  const { newId } = createIds(() => at)
  const ids = Array.from({ length: 10_000 }, () => newId())
  assert.deepEqual(ids, ids.toSorted())
  assert.ok(timeOfId(ids.at(-1)!)! - at <= 5)
})

test('Order holds when the clock is set back', () => {
  const times = [2_000, 1_000, 1_500, 2_001]
  const { newId } = createIds(() => times.shift()!)
  const ids = [newId(), newId(), newId(), newId()]
  assert.deepEqual(ids, ids.toSorted())
  assert.deepEqual(ids.map(timeOfId), [2_000, 2_000, 2_000, 2_001])
})

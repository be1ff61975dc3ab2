import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSkipper } from './skipper.ts'

const nothing = { nr: 0, dueAt: 0, queueDueAt: 0 }

test('a look begins where the last one found something alive, and not behind what may still be under way', () => {
  const skipper = createSkipper(() => 0)
  assert.deepEqual(skipper.begin(), nothing)
  skipper.end(skipper.begin(), { now: 100_000, nr: 17, dueAt: 40_000, queueDueAt: undefined })
  assert.deepEqual(skipper.begin(), { nr: 17, dueAt: 40_000, queueDueAt: 97_000 })
  skipper.end(skipper.begin(), { now: 101_000, nr: undefined, dueAt: 200_000, queueDueAt: null })
  assert.deepEqual(skipper.begin(), { nr: 17, dueAt: 98_000, queueDueAt: 98_000 })
})

test('everything is looked at now and then, and after a clock that was set back', () => {
  let elapsed = 0
  const skipper = createSkipper(() => elapsed)
  const found = { now: 100_000, nr: 17, dueAt: 40_000, queueDueAt: 40_000 }
  skipper.end(skipper.begin(), found)
  elapsed = 40_000
  const late = skipper.begin()
  assert.deepEqual(late, nothing)
  skipper.end(late, found)
  assert.equal(skipper.begin().nr, 17)
  skipper.end(skipper.begin(), { ...found, now: 50_000 })
  assert.deepEqual(skipper.begin(), nothing)
})

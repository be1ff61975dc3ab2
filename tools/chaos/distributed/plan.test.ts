import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '@waybill/testing'
import { planOf } from './plan.ts'

const secondsOf = (seed: number, seconds: number): readonly number[] =>
  planOf(seededRandom(seed), seconds).map((fault) => fault.seconds)

test('five minutes are enough for everything, with some seconds before and after', () => {
  const all = secondsOf(1, Infinity)
  assert.deepEqual(secondsOf(1, 280), all)
})

test('of a shorter plan the seed decides what is left out', () => {
  const parts = [1, 2, 3].map((seed) => secondsOf(seed, 60))
  for (const part of parts) assert.ok(part.reduce((sum, seconds) => sum + seconds, 0) <= 60)
  assert.deepEqual(secondsOf(1, 60), parts[0])
  assert.notDeepEqual(parts[1], parts[2])
})

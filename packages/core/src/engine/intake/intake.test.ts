import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intake } from './intake.ts'

test('one that stops is empty of all that it does not take any more', async () => {
  let isStopping = false
  let pending = 0
  const taking = intake({
    commands: { take: () => [], pending: () => pending },
    arrivals: { take: () => assert.fail(), pending: () => 3, isEmpty: () => false },
    times: { take: async () => [], isDue: () => true },
    toWork: () => assert.fail(),
    isStopping: () => isStopping,
  })
  assert.equal(taking.isEmpty(), false)
  isStopping = true
  assert.equal(taking.isEmpty(), true)
  assert.deepEqual((await taking.take()).works, [])
  pending = 1
  assert.equal(taking.isEmpty(), false)
})

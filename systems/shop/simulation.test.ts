import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '@waybill/testing'
import { simulation } from './simulation.ts'

test('the same seed runs the same way, event for event', async () => {
  const [one, other, another] = [
    await run(simulation, 7, { commands: 40 }),
    await run(simulation, 7, { commands: 40 }),
    await run(simulation, 8, { commands: 40 }),
  ]
  assert.deepEqual(other.story, one.story)
  assert.equal(other.hash, one.hash)
  assert.notEqual(another.hash, one.hash)
})

// Each has found a fault once; what it was stands beside it.
const found = {
  91: 'a process that stopped while a command gathered what it needs, and events were waiting, went round for ever',
}

for (const [seed, what] of Object.entries(found)) {
  test(`seed ${seed} holds: ${what}`, async () => {
    assert.deepEqual((await run(simulation, Number(seed), { commands: 40 })).faults, [])
  })
}

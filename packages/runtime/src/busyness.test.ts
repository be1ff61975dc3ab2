import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { busyness } from './busyness.ts'

test('a process that only waits is not busy, one that only works is', async () => {
  const busy = busyness()
  await pause(150)
  assert.ok(busy() < 0.5, 'it has waited')
  const until = performance.now() + 300
  while (performance.now() < until) {
    const slice = performance.now() + 20
    while (performance.now() < slice);
    await pause(0)
  }
  assert.equal(busy(), 1)
})

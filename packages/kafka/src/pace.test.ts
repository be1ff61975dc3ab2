import assert from 'node:assert/strict'
import { it } from 'node:test'
import { pace } from './pace.ts'

it('lets work wait the longer for company the busier its process is', () => {
  let now = 0
  const total = { idle: 0, active: 0 }
  const waitMs = pace({ maxMs: 20, now: () => now, utilization: () => ({ ...total }) })
  const after = (active: number): number => {
    now += 250
    total.active += 250 * active
    total.idle += 250 * (1 - active)
    return waitMs()
  }
  assert.equal(waitMs(), 0)
  assert.equal(after(0.1), 0)
  assert.equal(after(0.5), 0)
  const half = after(0.7)
  assert.ok(half > 5 && half < 15, `${half}`)
  now += 10
  assert.equal(waitMs(), half, 'a moment says nothing')
  assert.equal(after(0.99), 20)
  assert.equal(after(0), 0)
})

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from './clock.ts'

const nodeTimerMsMax = 2 ** 31 - 1

function standStill({ mock }: TestContext): (ms: number) => void {
  mock.timers.enable({ apis: ['setTimeout'] })
  return (ms) => mock.timers.tick(ms)
}

test('Monotonic time goes on as before when the clock is set back', (context) => {
  const before = systemClock.monotonic()
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 })
  const passed = systemClock.monotonic() - before
  assert.ok(passed >= 0 && passed < 60_000)
})

test('A timer fires once, unless it is cancelled', (context) => {
  const pass = standStill(context)
  const fired: string[] = []
  systemClock.timer(10, () => fired.push('kept'))
  const cancel = systemClock.timer(10, () => fired.push('cancelled'))
  pass(9)
  assert.deepEqual(fired, [])
  cancel()
  pass(100)
  assert.deepEqual(fired, ['kept'])
})

test('A timer may be longer than those of Node, and be cancelled late', (context) => {
  const pass = standStill(context)
  const fired: string[] = []
  systemClock.timer(2 * nodeTimerMsMax + 10, () => fired.push('kept'))
  const cancel = systemClock.timer(2 * nodeTimerMsMax + 10, () => fired.push('cancelled'))
  pass(nodeTimerMsMax)
  pass(nodeTimerMsMax)
  assert.deepEqual(fired, [])
  cancel()
  pass(10)
  assert.deepEqual(fired, ['kept'])
})

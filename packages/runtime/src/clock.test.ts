import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { systemClock } from './clock.ts'

const dayMs = 86_400_000

function standStill({ mock }: TestContext): (ms: number) => void {
  mock.timers.enable({ apis: ['setTimeout'] })
  return (ms) => mock.timers.tick(ms)
}

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
  systemClock.timer(60 * dayMs, () => fired.push('kept'))
  const cancel = systemClock.timer(60 * dayMs, () => fired.push('cancelled'))
  pass(59 * dayMs)
  assert.deepEqual(fired, [])
  cancel()
  pass(dayMs)
  assert.deepEqual(fired, ['kept'])
})

test('A limit aborts its signal, unless it is cleared', (context) => {
  const pass = standStill(context)
  const over = systemClock.limit(10)
  const cleared = systemClock.limit(10)
  cleared.clear()
  pass(10)
  assert.equal(over.signal.aborted, true)
  assert.equal(cleared.signal.aborted, false)
})

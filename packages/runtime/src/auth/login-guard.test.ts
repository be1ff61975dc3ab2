import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginGuard } from './login-guard.ts'

function start() {
  let now = 0
  const guard = loginGuard({ monotonic: () => now })
  return { guard, pass: (ms: number) => (now += ms) }
}

test('who guesses from many addresses has some guesses in the first minute, and one a minute after that', () => {
  const { guard, pass } = start()
  const guesses = (): number => {
    let count = 0
    for (let second = 0; second < 60; second += 1) {
      for (let n = 0; n < 12; n += 1) if (guard.attempt('ann', `10.0.0.${n}`) === 0) count += 1
      pass(1_000)
    }
    return count
  }
  assert.ok(guesses() <= 16)
  assert.ok(guesses() <= 2)
  assert.ok(guesses() <= 2)
})

test('meanwhile the owner logs in from an address that is known, and others from theirs', () => {
  const { guard } = start()
  assert.equal(guard.attempt('ann', 'home'), 0)
  guard.succeeded('ann', 'home')
  for (let n = 0; n < 100; n += 1) guard.attempt('ann', `10.0.0.${n}`)
  assert.ok(guard.attempt('ann', '10.0.0.1') > 0)
  assert.equal(guard.attempt('ann', 'home'), 0)
  assert.equal(guard.attempt('bob', '10.0.0.1'), 0)
})

test('a login that succeeds, and a quarter of an hour, end the pauses', () => {
  const { guard, pass } = start()
  for (let n = 0; n < 15; n += 1) guard.attempt('ann', 'x')
  assert.ok(guard.attempt('ann', 'x') > 0)
  pass(16 * 60_000)
  assert.equal(guard.attempt('ann', 'x'), 0)
  for (let n = 0; n < 15; n += 1) guard.attempt('ann', 'x')
  guard.succeeded('ann', 'y')
  assert.equal(guard.attempt('ann', 'x'), 0)
})

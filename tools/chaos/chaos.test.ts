import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { runChaos } from './run.ts'

test('a shop that is killed under load loses and doubles nothing', { timeout: 240_000 }, async (context) => {
  const seed = randomInt(1_000_000)
  context.diagnostic(`seed ${seed}`)
  const { broken } = await runChaos({
    kills: 2,
    seed,
    store: 'pglite',
    killed: ({ moment, accepted, backSeconds }) =>
      context.diagnostic(`${moment}: after ${accepted} orders, back after ${backSeconds.toFixed(1)} s`),
  })
  assert.deepEqual(broken, [])
})

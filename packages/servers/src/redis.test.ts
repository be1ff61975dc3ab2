import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accepts } from './accepts.ts'
import { isGone } from './is-gone.ts'
import { startRedis } from './redis.ts'
import { skipWithoutRedis } from './skip-unless.ts'

const skip = await skipWithoutRedis()

test('Redis can be killed and started again on its port', { skip }, async () => {
  const server = await startRedis()
  const port = Number(new URL(server.address).port)
  try {
    const killed = server.pid!
    await server.kill()
    assert.ok(isGone(killed))
    assert.equal(await accepts(port), false)
    await server.start()
    assert.equal(await accepts(port), true)
  } finally {
    await server.stop()
  }
  assert.equal(await accepts(port), false)
})

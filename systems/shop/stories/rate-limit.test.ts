import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer } from '@waybill/cli/testing'
import { openShop } from './open-shop.ts'
import { orderOf } from './orders.ts'

const perMinute = 10
const shop = await openShop({ variables: { WAYBILL_RATE_LIMIT: String(perMinute) } })
after(() => shop.close())

function assertLimited({ status, headers, body }: Answer): void {
  assert.equal(status, 429)
  assert.equal(body.code, 'RATE_LIMITED')
  const retryAfter = Number(headers.get('retry-after'))
  assert.ok(retryAfter > 0 && retryAfter <= 60, `Retry-After: ${retryAfter}`)
}

test('who asks too often is told when to come back, and nothing has happened', async () => {
  for (let n = 0; n < perMinute; n += 1) {
    assert.equal((await shop.demo.send('GET /api/orders')).status, 200)
  }
  assertLimited(await shop.demo.send('POST /api/orders', { json: orderOf(1, 1) }))
  assertLimited(await shop.demo.send('GET /nowhere'))
  // Others are not held up by it.
  assert.deepEqual((await shop.admin.send('GET /api/orders')).body.items, [])
})

test('logins are limited by address, whoever logs in', async () => {
  const login = (): Promise<Answer> =>
    shop.send('POST /api/auth/login', { json: { email: 'demo@example.com', password: 'wrong password' } })
  let answer = await login()
  for (let n = 0; n < perMinute && answer.status === 401; n += 1) answer = await login()
  assertLimited(answer)
})

test('health is not limited', async () => {
  for (let n = 0; n < 2 * perMinute; n += 1) assert.equal((await shop.send('GET /healthz')).status, 200)
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call, token } from '../http/test-kit.ts'
import { good, ordersGateway, type OrdersGateway } from '../http/test-orders.ts'

describe('who may', () => {
  let orders: OrdersGateway
  before(async () => {
    orders = await ordersGateway()
  })
  after(() => orders.gateway.close())

  const expired = Math.floor(Date.now() / 1_000) - 1
  const bad: Record<string, string | undefined> = {
    'no token': undefined,
    'no JWT': 'abc',
    'another key': token({}, {}, 'another secret of somebody else'),
    expired: token({ exp: expired }),
    'without an end': token({ exp: undefined }),
    'not yet valid': token({ nbf: expired + 100 }),
    'of another system': token({ aud: 'other' }),
    'of another issuer': token({ iss: 'other' }),
    'of another type': token({}, { typ: 'rt+jwt' }),
    'of another algorithm': token({}, { alg: 'HS512' }),
    'without a list of roles': token({ roles: null }),
    'with its roles as a text': token({ roles: 'user admin' }),
    'with a role that is none': token({ roles: [7] }),
    'of nobody': token({ sub: 7 }),
    'of no algorithm': `${token({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
  }
  for (const [name, jwt] of Object.entries(bad)) {
    test(`a token ${name}: 401`, async () => {
      const { status, body, headers } = await call(orders.gateway, 'POST /api/orders', {
        json: good,
        ...(jwt === undefined ? {} : { token: jwt }),
      })
      assert.deepEqual([status, body.code], [401, 'UNAUTHENTICATED'])
      assert.equal(headers.get('www-authenticate'), 'Bearer')
    })
  }

  test('401 comes before the body is looked at', async () => {
    const { status } = await call(orders.gateway, 'POST /api/orders', {
      body: '{',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(status, 401)
  })

  test('another role: 403', async () => {
    const { status, body } = await call(orders.gateway, 'DELETE /api/orders/7', { token: token() })
    assert.deepEqual([status, body.code], [403, 'FORBIDDEN'])
  })

  test('where anyone may, a token that does not hold does no harm, one that does is heeded', async () => {
    orders.answer(() => ({ items: [] }))
    assert.equal((await call(orders.gateway, 'GET /api/orders', { token: 'abc' })).status, 200)
    assert.equal(orders.sent().how.caller.userId, 'anonymous')
    await call(orders.gateway, 'GET /api/orders', { token: token() })
    assert.equal(orders.sent().how.caller.userId, 'u1')
  })
})

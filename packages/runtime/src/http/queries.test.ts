import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { refuse } from '@waybill/core'
import { call } from './test-kit.ts'
import { ordersGateway, type OrdersGateway } from './test-orders.ts'

describe('queries over HTTP', () => {
  let orders: OrdersGateway
  before(async () => {
    orders = await ordersGateway()
  })
  after(() => orders.gateway.close())

  test('the query string is read as the schema says, defaults included', async () => {
    orders.answer(() => ({ items: [] }))
    const { status, body } = await call(
      orders.gateway,
      'GET /api/orders?open=false&status=PENDING&status=CONFIRMED&x=1',
    )
    assert.deepEqual([status, body], [200, { items: [] }])
    assert.deepEqual(orders.sent().input, { limit: 20, open: false, status: ['PENDING', 'CONFIRMED'] })
    await call(orders.gateway, 'GET /api/orders?limit=5&status=PENDING')
    assert.deepEqual(orders.sent().input, { limit: 5, status: ['PENDING'] })
  })

  test('bad parameters are named', async () => {
    const { status, body } = await call(orders.gateway, 'GET /api/orders?limit=1.5&open=yes&status=GONE')
    assert.equal(status, 422)
    assert.deepEqual(body.errors, [
      { pointer: '/limit', detail: 'must be integer' },
      { pointer: '/open', detail: 'must be boolean' },
      { pointer: '/status/0', detail: 'must be "PENDING" or "CONFIRMED"' },
    ])
    assert.equal(
      (await call(orders.gateway, 'GET /api/orders?limit=1&limit=2')).body.errors[0].pointer,
      '/limit',
    )
    assert.equal((await call(orders.gateway, 'GET /api/orders/x')).body.errors[0].pointer, '/orderId')
  })

  test('a refusal of a query', async () => {
    orders.answer(() => refuse('NO_SUCH_ORDER', 'There is no such order.', { kind: 'not-found' }))
    const { status, body } = await call(orders.gateway, 'GET /api/orders/1')
    assert.deepEqual([status, body.code], [404, 'NO_SUCH_ORDER'])
  })
})

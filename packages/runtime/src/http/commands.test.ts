import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Submission } from '@waybill/core'
import { call, token } from './test-kit.ts'
import { accepted, good, ordersGateway, type OrdersGateway } from './test-orders.ts'

describe('commands over HTTP', () => {
  let orders: OrdersGateway
  before(async () => {
    orders = await ordersGateway()
  })
  after(() => orders.gateway.close())

  test('a command gets its input, its caller and a correlation id', async () => {
    orders.answer(() => accepted)
    const { status, body, headers } = await orders.place(good)
    assert.equal(status, 201)
    assert.deepEqual(body, { id: 'o1' })
    assert.equal(headers.get('location'), '/api/orders/o1')
    assert.match(headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/)
    assert.deepEqual(orders.sent(), {
      name: 'place-order',
      input: good,
      how: {
        caller: { userId: 'u1', roles: ['user'] },
        correlationId: headers.get('x-correlation-id'),
        traceparent: undefined,
        idempotency: undefined,
        waitMs: undefined,
      },
    })
  })

  test('properties that the schema does not name are dropped at any depth', async () => {
    orders.answer(() => accepted)
    await orders.place({ ...good, admin: true, orderItems: [{ productId: 1, quantity: 2, price: 0 }] })
    assert.deepEqual(orders.sent().input, good)
  })

  test('the path wins over the body, and is read as its schema says', async () => {
    orders.answer(() => accepted)
    const { status, headers } = await call(orders.gateway, 'POST /api/orders/7/cancel', {
      json: { orderId: 8, reason: 'late' },
    })
    assert.equal(status, 202)
    assert.equal(headers.get('location'), null)
    assert.deepEqual(orders.sent().input, { orderId: 7, reason: 'late' })
    assert.deepEqual(orders.sent().how.caller, { userId: 'anonymous', roles: [] })
  })

  test('a body is optional where no field of it is required', async () => {
    orders.answer(() => accepted)
    for (const headers of [{}, { 'content-type': 'application/json' }]) {
      assert.equal((await call(orders.gateway, 'POST /api/orders/7/cancel', { headers })).status, 202)
      assert.deepEqual(orders.sent().input, { orderId: 7 })
    }
  })

  test('DELETE reads the query string', async () => {
    orders.answer(() => accepted)
    const { status } = await call(orders.gateway, 'DELETE /api/orders/7?force=true', {
      token: token({ roles: ['admin'] }),
    })
    assert.equal(status, 200)
    assert.deepEqual(orders.sent().input, { orderId: 7, force: true })
  })

  test('commands without a route, and services that run elsewhere, have none', async () => {
    assert.equal((await call(orders.gateway, 'POST /hidden')).status, 404)
    assert.equal((await call(orders.gateway, 'GET /api/far')).status, 404)
  })

  test('correlation id and trace context come from the caller, if they are valid', async () => {
    orders.answer(() => accepted)
    const mine = '01920000-0000-7000-8000-00000000000A'
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const { headers } = await orders.place(good, { 'x-correlation-id': mine, traceparent: trace })
    assert.equal(headers.get('x-correlation-id'), mine.toLowerCase())
    assert.equal(orders.sent().how.correlationId, mine.toLowerCase())
    assert.equal(orders.sent().how.traceparent, trace)

    await orders.place(good, {
      'x-correlation-id': 'x',
      traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    })
    assert.match(orders.sent().how.correlationId!, /^[0-9a-f-]{36}$/)
    assert.equal(orders.sent().how.traceparent, undefined)
  })

  test('Prefer: wait', async () => {
    orders.answer(() => accepted)
    const waits: Record<string, number | undefined> = {
      'wait=5': 5_000,
      'respond-async, Wait = "7"': 7_000,
      'wait=100': 30_000,
      'wait=0': 0,
      'wait=-1': undefined,
      'wait=soon': undefined,
      'await=5': undefined,
    }
    for (const [prefer, ms] of Object.entries(waits)) {
      const { headers } = await orders.place(good, { prefer })
      assert.equal(orders.sent().how.waitMs, ms, prefer)
      assert.equal(headers.get('preference-applied'), ms === undefined ? null : 'wait', prefer)
    }
  })

  test('Idempotency-Key: a slot for caller, route and key, a fingerprint of the request', async () => {
    orders.answer(() => accepted)
    const idempotency = async (
      key: string,
      json: object = good,
      sub = 'u1',
    ): Promise<NonNullable<Submission['idempotency']>> => {
      await call(orders.gateway, 'POST /api/orders', {
        json,
        headers: { 'idempotency-key': key },
        token: token({ sub }),
      })
      return orders.sent().how.idempotency!
    }
    const first = await idempotency('k1')
    assert.match(first.slot, /^[0-9a-f]{64}$/)
    assert.deepEqual(await idempotency('k1'), first)
    const otherBody = await idempotency('k1', { ...good, address: 'there' })
    assert.equal(otherBody.slot, first.slot)
    assert.notEqual(otherBody.fingerprint, first.fingerprint)
    assert.notEqual((await idempotency('k2')).slot, first.slot)
    assert.notEqual((await idempotency('k1', good, 'u2')).slot, first.slot)

    const tooLong = await orders.place(good, { 'idempotency-key': 'k'.repeat(256) })
    assert.deepEqual([tooLong.status, tooLong.body.code], [400, 'IDEMPOTENCY_KEY_INVALID'])
  })

  test('a replay says so, with the correlation id of the first request', async () => {
    orders.answer(() => ({ ...accepted, replayed: true, correlationId: 'of-the-first' }))
    const { status, body, headers } = await orders.place(good, { 'idempotency-key': 'k' })
    assert.deepEqual([status, body], [201, { id: 'o1' }])
    assert.equal(headers.get('idempotency-replayed'), 'true')
    assert.equal(headers.get('x-correlation-id'), 'of-the-first')
    assert.equal(headers.get('location'), '/api/orders/o1')
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { refuse, WaybillError } from '@waybill/core'
import { call, token } from './test-kit.ts'
import { good, ordersGateway, type OrdersGateway } from './test-orders.ts'

describe('problems', () => {
  let orders: OrdersGateway
  before(async () => {
    orders = await ordersGateway()
  })
  after(() => orders.gateway.close())

  test('every bad field is named with its pointer', async () => {
    const { status, body, headers } = await orders.place({
      orderItems: [{ productId: 'x', quantity: 0 }, {}, 7],
      email: 'nobody',
      ref: 'r',
      at: 'yesterday',
      method: 'GOLD',
      size: 'XL',
      'a/b': 1.5,
    })
    assert.equal(status, 422)
    assert.match(headers.get('content-type')!, /^application\/problem\+json/)
    const { errors, ...rest } = body
    assert.deepEqual(rest, {
      type: 'urn:waybill:problem:INPUT_INVALID',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'Some fields are wrong or missing; see `errors`.',
      code: 'INPUT_INVALID',
    })
    assert.deepEqual(errors, [
      { pointer: '/address', detail: 'is required' },
      { pointer: '/orderItems/0/productId', detail: 'must be integer' },
      { pointer: '/orderItems/0/quantity', detail: 'must be >= 1' },
      { pointer: '/orderItems/1/productId', detail: 'is required' },
      { pointer: '/orderItems/1/quantity', detail: 'is required' },
      { pointer: '/orderItems/2', detail: 'must be object' },
      { pointer: '/email', detail: 'must match format "email"' },
      { pointer: '/ref', detail: 'must match format "uuid"' },
      { pointer: '/at', detail: 'must match format "date-time"' },
      { pointer: '/method', detail: 'must be "CARD" or "CASH"' },
      { pointer: '/size', detail: 'must be "S" or "M"' },
      { pointer: '/a~1b', detail: 'must be integer' },
    ])
  })

  test('a body that is no object', async () => {
    for (const json of [[], 'text', 7]) {
      const { status, body } = await orders.place(json)
      assert.deepEqual([status, body.errors], [422, [{ pointer: '', detail: 'must be an object' }]])
    }
  })

  const unreadable = (body: string, type = 'application/json'): ReturnType<typeof call> =>
    call(orders.gateway, 'POST /api/orders', { body, headers: { 'content-type': type }, token: token() })
  const refusedUnread: Record<string, [() => ReturnType<typeof call>, number, string]> = {
    'broken JSON': [() => unreadable('{"a":'), 400, 'REQUEST_UNREADABLE'],
    'a poisoned prototype': [() => unreadable('{"__proto__":{}}'), 400, 'REQUEST_UNREADABLE'],
    'half a character': [() => unreadable('{"address":"\\ud800"}'), 422, 'INPUT_INVALID'],
    'a body that is too deep': [
      () => unreadable(`{"unasked":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      400,
      'REQUEST_UNREADABLE',
    ],
    'a malformed address': [() => call(orders.gateway, 'GET /api/orders/%ZZ'), 400, 'REQUEST_UNREADABLE'],
    'more than 1 MB': [() => unreadable(JSON.stringify('x'.repeat(1024 * 1024))), 413, 'BODY_TOO_LARGE'],
    'another media type': [() => unreadable('a=b', 'text/plain'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    'no name of a file': [() => call(orders.gateway, 'GET /docs/static/%00'), 404, 'NOT_FOUND'],
    'an unknown address': [() => call(orders.gateway, 'GET /nowhere'), 404, 'NOT_FOUND'],
  }
  for (const [name, [send, status, code]] of Object.entries(refusedUnread)) {
    test(`${name}: ${status}`, async () => {
      const { status: answered, body, headers } = await send()
      assert.deepEqual([answered, body.status, body.code], [status, status, code])
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      assert.match(headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/)
    })
  }

  test('refusals by their kind', async () => {
    const statuses = {
      invalid: 422,
      conflict: 409,
      'not-found': 404,
      forbidden: 403,
      'payment-required': 402,
    } as const
    for (const [kind, status] of Object.entries(statuses)) {
      orders.answer(() => refuse('NO', 'No.', { kind: kind as keyof typeof statuses }))
      const { status: answered, body, headers } = await orders.place(good, { prefer: 'wait=1' })
      assert.deepEqual([answered, body.code, body.detail, body.errors], [status, 'NO', 'No.', undefined])
      assert.equal(headers.get('location'), null)
    }
    orders.answer(() => refuse('UNKNOWN_PRODUCT', 'No such product.', { pointer: '/orderItems/0/productId' }))
    const { status, body } = await orders.place(good)
    assert.equal(status, 422)
    assert.deepEqual(body.errors, [{ pointer: '/orderItems/0/productId', detail: 'No such product.' }])
  })

  test('what may work later: 503 with Retry-After', async () => {
    for (const code of [
      'OVERLOADED',
      'STOPPING',
      'STORE_UNAVAILABLE',
      'EFFECT_FAILED',
      'ASK_FAILED',
    ] as const) {
      orders.answer(() => {
        throw new WaybillError(code, 'host db-7 is down')
      })
      const { status, body, headers } = await orders.place(good)
      assert.deepEqual([status, body.code, headers.get('retry-after')], [503, code, '1'])
      assert.doesNotMatch(JSON.stringify(body), /db-7/)
    }
  })

  test('an idempotency key used with another request', async () => {
    orders.answer(() => {
      throw new WaybillError('IDEMPOTENCY_KEY_REUSED', 'used')
    })
    const { status, body } = await orders.place(good, { 'idempotency-key': 'k' })
    assert.deepEqual([status, body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('an input of which an event would be too large: 422, naming the field', async () => {
    orders.answer(() => {
      throw new WaybillError(
        'LIMIT_EXCEEDED',
        'The key of Done is 1001 bytes long; at most 1000 are allowed.',
      )
    })
    const { status, body } = await orders.place({ ...good, address: 'x'.repeat(1_001) })
    assert.deepEqual(
      [status, body.code, body.errors],
      [422, 'LIMIT_EXCEEDED', [{ pointer: '/address', detail: 'must not have more than 1000 bytes' }]],
    )
    assert.match(body.detail, /key of Done/)
    assert.deepEqual([(await orders.place(good)).status], [500])
  })

  test('anything else: 500, which tells nothing outside and everything inside', async () => {
    for (const error of [
      new Error('password is 123'),
      new WaybillError('DECIDE_FAILED', 'password is 123'),
      new WaybillError('LOOKUP_UNDECLARED', 'password is 123'),
    ]) {
      orders.logged.length = 0
      orders.answer(() => {
        throw error
      })
      const { status, body, headers } = await orders.place(good)
      assert.deepEqual([status, body.code], [500, 'INTERNAL_ERROR'])
      assert.doesNotMatch(JSON.stringify(body), /password/)
      assert.equal(orders.logged.length, 1)
      const line = JSON.parse(orders.logged[0]!) as Record<string, unknown>
      assert.equal(line['correlationId'], headers.get('x-correlation-id'))
      assert.equal(line['route'], '/api/orders')
      assert.match(orders.logged[0]!, /password is 123/)
      assert.equal(line['help'], error instanceof WaybillError ? error.help : undefined)
    }
  })
})

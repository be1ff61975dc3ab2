import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answer } from '@waybill/cli/testing'
import { openShop } from './open-shop.ts'
import { end, orderOf, place } from './orders.ts'

const shop = await openShop()
after(() => shop.close())

const json = { 'content-type': 'application/json' }
const good = orderOf(1, 1)
const lines = (...orderItems: unknown[]) => ({ ...good, orderItems })
const manyLines = lines(...Array.from({ length: 101 }, (_, n) => ({ productId: n + 1, quantity: 1 })))

/** How many events there have been. As long as it stays the same, nothing has happened. */
async function eventCount(): Promise<number> {
  const { body } = await shop.console('GET /metrics')
  return [...body.matchAll(/^waybill_events_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

/** Checks that an answer is a problem (RFC 9457) with this status, code and bad fields. */
function assertProblem(answer: Answer, status: number, code: string, ...pointers: string[]): void {
  const { body } = answer
  const found = {
    status: answer.status,
    code: body.code,
    pointers: body.errors?.map((e: any) => e.pointer) ?? [],
  }
  assert.deepEqual(found, { status, code, pointers }, JSON.stringify(body))
  assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/)
  assert.equal(body.status, status)
  for (const text of [body.type, body.title, body.detail]) assert.ok(typeof text === 'string' && text !== '')
  for (const { detail } of body.errors ?? []) assert.ok(detail !== '')
}

describe('a bad request is refused, and nothing has happened', () => {
  let eventsBefore = 0
  before(async () => {
    eventsBefore = await eventCount()
    assert.notEqual(eventsBefore, 0)
  })
  after(async () => assert.equal(await eventCount(), eventsBefore))

  for (const [what, body, code, ...pointers] of [
    ['an unknown product', orderOf(4_711, 1), 'UNKNOWN_PRODUCT', '/orderItems/0/productId'],
    ['product 0', orderOf(0, 1), 'INPUT_INVALID', '/orderItems/0/productId'],
    [
      'a product by name',
      lines({ productId: 'pen', quantity: 1 }),
      'INPUT_INVALID',
      '/orderItems/0/productId',
    ],
    ['a line without a product', lines({ quantity: 1 }), 'INPUT_INVALID', '/orderItems/0/productId'],
    ['quantity 0', orderOf(1, 0), 'INPUT_INVALID', '/orderItems/0/quantity'],
    ['a negative quantity', orderOf(1, -1), 'INPUT_INVALID', '/orderItems/0/quantity'],
    ['quantity 10,001', orderOf(1, 10_001), 'INPUT_INVALID', '/orderItems/0/quantity'],
    ['half a piece', orderOf(1, 1.5), 'INPUT_INVALID', '/orderItems/0/quantity'],
    ['a quantity as text', lines({ productId: 1, quantity: '2' }), 'INPUT_INVALID', '/orderItems/0/quantity'],
    ['no items', lines(), 'INPUT_INVALID', '/orderItems'],
    ['101 items', manyLines, 'INPUT_INVALID', '/orderItems'],
    ['items that are no list', { ...good, orderItems: 1 }, 'INPUT_INVALID', '/orderItems'],
    [
      'a product twice',
      lines({ productId: 1, quantity: 1 }, { productId: 1, quantity: 2 }),
      'DUPLICATE_PRODUCT',
      '/orderItems/1/productId',
    ],
    ['an empty address', { ...good, shippingAddress: '' }, 'INPUT_INVALID', '/shippingAddress'],
    [
      'an endless address',
      { ...good, shippingAddress: 'a'.repeat(501) },
      'INPUT_INVALID',
      '/shippingAddress',
    ],
    ['an unknown way to pay', { ...good, paymentMethod: 'SHELLS' }, 'INPUT_INVALID', '/paymentMethod'],
    ['an empty token', { ...good, paymentToken: '' }, 'INPUT_INVALID', '/paymentToken'],
    ['a list', [good], 'INPUT_INVALID', ''],
    ['nothing', {}, 'INPUT_INVALID', '/orderItems', '/shippingAddress', '/paymentMethod'],
  ] as const) {
    test(`an order of ${what}`, async () => {
      assertProblem(await shop.demo.send('POST /api/orders', { json: body }), 422, code, ...pointers)
    })
  }

  test('a body that cannot be read', async () => {
    for (const body of ['{"orderItems":', 'true false', '{"__proto__": {"admin": true}}']) {
      const answer = await shop.demo.send('POST /api/orders', { body, headers: json })
      assertProblem(answer, 400, 'REQUEST_UNREADABLE')
    }
  })

  test('a body that is too large, or not JSON', async () => {
    const tooLarge = JSON.stringify({ ...good, shippingAddress: 'a'.repeat(1_100_000) })
    assertProblem(
      await shop.demo.send('POST /api/orders', { body: tooLarge, headers: json }),
      413,
      'BODY_TOO_LARGE',
    )
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await shop.demo.send('POST /api/orders', {
        body: JSON.stringify(good),
        headers: { 'content-type': type },
      })
      assertProblem(answer, 415, 'MEDIA_TYPE_UNSUPPORTED')
    }
  })

  test('an address that is malformed, or that nothing is at', async () => {
    assertProblem(await shop.demo.send('GET /api/orders/%zz'), 400, 'REQUEST_UNREADABLE')
    assertProblem(await shop.demo.send('GET /api/order'), 404, 'NOT_FOUND')
    assertProblem(await shop.demo.send('PUT /api/orders'), 404, 'NOT_FOUND')
  })

  test('nobody, or somebody with a token that does not hold', async () => {
    for (const request of [
      'POST /api/orders',
      'GET /api/orders',
      'GET /api/orders/1',
      'GET /api/orders/1/events',
      'POST /api/orders/1/cancel',
      'POST /api/products',
      'POST /api/products/1/restocks',
      'GET /api/ledger',
      'GET /api/registry',
      'POST /api/notifications/tickets',
    ]) {
      const how = request.startsWith('POST') ? { json: good } : {}
      assertProblem(await shop.send(request, how), 401, 'UNAUTHENTICATED')
      assertProblem(await shop.send(request, { ...how, token: 'a.b.c' }), 401, 'UNAUTHENTICATED')
    }
  })

  test('a customer who wants what only an admin may', async () => {
    for (const request of ['GET /api/ledger', 'GET /api/registry']) {
      assertProblem(await shop.demo.send(request), 403, 'FORBIDDEN')
    }
    for (const request of ['POST /api/products', 'POST /api/products/1/restocks']) {
      const json = { name: 'Pen', price: 1, stock: 1, quantity: 1 }
      assertProblem(await shop.demo.send(request, { json }), 403, 'FORBIDDEN')
    }
  })

  test('an order that does not exist', async () => {
    for (const orderId of [crypto.randomUUID(), 'nonsense']) {
      for (const request of [
        `GET /api/orders/${orderId}`,
        `GET /api/orders/${orderId}?at=2030-01-01T00:00:00Z`,
        `GET /api/orders/${orderId}/events`,
        `POST /api/orders/${orderId}/cancel`,
      ]) {
        assertProblem(await shop.demo.send(request), 404, 'ORDER_NOT_FOUND')
      }
    }
  })

  test('a list in a way that there is none', async () => {
    for (const [query, pointer] of [
      ['limit=0', '/limit'],
      ['limit=101', '/limit'],
      ['limit=many', '/limit'],
      ['status=LOST', '/status'],
    ]) {
      assertProblem(await shop.demo.send(`GET /api/orders?${query}`), 422, 'INPUT_INVALID', pointer!)
    }
    assertProblem(await shop.demo.send('GET /api/orders/1?at=yesterday'), 422, 'INPUT_INVALID', '/at')
    const leapSecond = 'GET /api/orders/1?at=2030-12-31T23:59:60Z'
    assertProblem(await shop.demo.send(leapSecond), 422, 'TIME_INVALID', '/at')
  })

  test('a product that cannot be', async () => {
    const product = { name: 'Pen', price: 1, stock: 1 }
    for (const [change, code, pointer] of [
      [{ name: '' }, 'INPUT_INVALID', '/name'],
      [{ price: 0 }, 'INPUT_INVALID', '/price'],
      [{ price: { amount: 1, currency: 'EUR' } }, 'WRONG_CURRENCY', '/price/currency'],
      [{ stock: -1 }, 'INPUT_INVALID', '/stock'],
    ] as const) {
      const answer = await shop.admin.send('POST /api/products', { json: { ...product, ...change } })
      assertProblem(answer, 422, code, pointer)
    }
    const restock = (productId: string, quantity: number): Promise<Answer> =>
      shop.admin.send(`POST /api/products/${productId}/restocks`, { json: { quantity } })
    assertProblem(await restock('1', 0), 422, 'INPUT_INVALID', '/quantity')
    assertProblem(await restock('pen', 1), 422, 'INPUT_INVALID', '/productId')
    assertProblem(await restock('4711', 1), 404, 'PRODUCT_NOT_FOUND')
    assertProblem(await shop.send('GET /api/products/4711'), 404, 'PRODUCT_NOT_FOUND')
    assertProblem(await shop.send('GET /api/products/pen'), 422, 'INPUT_INVALID', '/productId')
  })

  test('an account that cannot be, and a login that is none', async () => {
    const account = { email: 'kim@example.com', password: 'a good password', name: 'Kim' }
    for (const [change, status, code, pointer] of [
      [{ email: 'kim' }, 422, 'INPUT_INVALID', '/email'],
      [{ password: 'short' }, 422, 'INPUT_INVALID', '/password'],
      [{ name: '' }, 422, 'INPUT_INVALID', '/name'],
      [{ email: 'Demo@Example.com' }, 409, 'EMAIL_TAKEN', '/email'],
    ] as const) {
      const answer = await shop.send('POST /api/auth/register', { json: { ...account, ...change } })
      assertProblem(answer, status, code, pointer)
    }
    for (const email of ['demo@example.com', 'nobody@example.com']) {
      const answer = await shop.send('POST /api/auth/login', {
        json: { email, password: 'a wrong password' },
      })
      assertProblem(answer, 401, 'CREDENTIALS_INVALID')
    }
    const refresh = await shop.send('POST /api/auth/refresh', { json: { refreshToken: 'a.b.c' } })
    assertProblem(refresh, 401, 'REFRESH_TOKEN_INVALID')
  })

  test('an Idempotency-Key that is none', async () => {
    for (const key of ['', 'k'.repeat(256)]) {
      const answer = await shop.demo.send('POST /api/orders', {
        json: good,
        headers: { 'idempotency-key': key },
      })
      assertProblem(answer, 400, 'IDEMPOTENCY_KEY_INVALID')
    }
  })
})

test("somebody else's order is as good as none, except to an admin", async () => {
  const orderId = await place(await shop.signUp(), good)
  for (const request of [
    `GET /api/orders/${orderId}`,
    `GET /api/orders/${orderId}/events`,
    `POST /api/orders/${orderId}/cancel`,
  ]) {
    assertProblem(await shop.demo.send(request), 404, 'ORDER_NOT_FOUND')
  }
  assert.equal((await shop.admin.send(`GET /api/orders/${orderId}`)).status, 200)
  assertProblem(await shop.admin.send(`POST /api/orders/${orderId}/cancel`), 404, 'ORDER_NOT_FOUND')
  assert.equal((await end(shop.admin, orderId)).status, 'CONFIRMED')
})

test('text of any script comes back as it was sent, and what no database can hold is refused', async () => {
  const odd = ['서울시 강남구', 'Nguyễn Huệ 🏯', "'; drop table orders; --", '\\u0041 %s']
  for (const shippingAddress of odd) {
    const orderId = await place(shop.demo, { ...good, shippingAddress })
    const { body } = await shop.demo.send(`GET /api/orders/${orderId}/events`)
    assert.equal(body.items[0].data.shippingAddress, shippingAddress)
  }
  for (const shippingAddress of ['a\0b', 'half a pair: \ud83c']) {
    const answer = await shop.demo.send('POST /api/orders', { json: { ...good, shippingAddress } })
    assert.ok([201, 422].includes(answer.status), JSON.stringify(answer.body))
  }
})

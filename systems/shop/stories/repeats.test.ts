import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { allItems, eventually } from '@waybill/cli/testing'
import { stockOf } from './books.ts'
import { openShop } from './open-shop.ts'
import { end, orderOf, place } from './orders.ts'

const shop = await openShop()
after(() => shop.close())

const order = orderOf(1, 1)
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })

test('a request repeated with its Idempotency-Key has the same answer, and is one order', async () => {
  const customer = await shop.signUp()
  const request = { json: order, ...withKey('once') }
  const first = await customer.send('POST /api/orders', request)
  await end(customer, first.body.orderId)

  const again = await customer.send('POST /api/orders', request)
  assert.equal(again.status, 201)
  assert.deepEqual(again.body, first.body)
  for (const name of ['location', 'x-correlation-id']) {
    assert.equal(again.headers.get(name), first.headers.get(name))
  }
  assert.equal(first.headers.get('idempotency-replayed'), null)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.equal((await allItems(customer.send, '/api/orders')).length, 1)
})

test('the same key with another body is refused, and nothing has happened', async () => {
  const customer = await shop.signUp()
  await customer.send('POST /api/orders', { json: order, ...withKey('again') })
  const { status, body } = await customer.send('POST /api/orders', {
    json: orderOf(1, 2),
    ...withKey('again'),
  })
  assert.deepEqual([status, body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  assert.equal((await allItems(customer.send, '/api/orders')).length, 1)
})

test("another customer's key is another key", async () => {
  const [one, two] = [await shop.signUp(), await shop.signUp()]
  const request = { json: order, ...withKey('popular') }
  const answers = [await one.send('POST /api/orders', request), await two.send('POST /api/orders', request)]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  )
  assert.notEqual(answers[0]!.body.orderId, answers[1]!.body.orderId)
})

test('a cancellation can be repeated with its key', async () => {
  const orderId = await place(shop.demo, order)
  const first = await shop.demo.send(`POST /api/orders/${orderId}/cancel`, withKey('away'))
  const again = await shop.demo.send(`POST /api/orders/${orderId}/cancel`, withKey('away'))
  assert.deepEqual([first.status, again.status], [202, 202])
  assert.deepEqual(again.body, first.body)
})

test('a request that is sent many times at once is one order, and all get its answer', async () => {
  const customer = await shop.signUp()
  const productId = await shop.stock(10)
  const request = { json: orderOf(productId, 1), ...withKey('impatient') }
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => customer.send('POST /api/orders', request)),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1)
  const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')
  assert.equal(replayed.length, 9)
  await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [9, 0, 1]))
  assert.equal((await allItems(customer.send, '/api/orders')).length, 1)
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { allItems, eventually } from '@waybill/cli/testing'
import { ledgerAndBook, providersBook, stockOf } from './books.ts'
import type { Person } from './meet-shop.ts'
import { openShop } from './open-shop.ts'
import { cancel, orderOf, place } from './orders.ts'

const shop = await openShop()
after(() => shop.close())

const range = (length: number): number[] => Array.from({ length }, (_, n) => n)

async function nonePending({ send }: Person): Promise<void> {
  await eventually(async () => {
    assert.deepEqual((await send('GET /api/orders?status=PENDING&limit=1')).body.items, [])
  })
}

test('of 300 who want one of the last 100 pieces, 100 get one', async () => {
  const customer = await shop.signUp()
  const productId = await shop.stock(100)
  await Promise.all(range(300).map(() => place(customer, orderOf(productId, 1))))
  await nonePending(customer)

  const orders = await allItems<any>(customer.send, '/api/orders')
  const ends = orders.map(({ status, reason }) => `${status} ${reason}`)
  assert.equal(ends.filter((one) => one === 'CONFIRMED null').length, 100)
  assert.equal(ends.filter((one) => one === 'CANCELLED OUT_OF_STOCK').length, 200)
  await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [0, 0, 100]))

  const book = await providersBook(shop)
  for (const { orderId, status } of orders) {
    assert.deepEqual(book(orderId), status === 'CONFIRMED' ? ['charge succeeded 1500'] : [])
  }
})

test('a cancellation may cross its order anywhere: no money and no stock stay behind', async () => {
  const customer = await shop.signUp()
  const productId = await shop.stock(1_000)
  // Delays from both ranges meet in every combination of early and late.
  const orderIds = await Promise.all(
    range(120).map(async (n) => {
      const orderId = await place(customer, orderOf(productId, 1, `tok_slow_${(n % 12) * 10}`))
      await sleep(Math.floor(n / 12) * 20)
      const answers = await Promise.all([cancel(customer, orderId), cancel(customer, orderId)])
      assert.deepEqual(new Set(answers), new Set([202, 409]))
      return orderId
    }),
  )
  await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [1_000, 0, 0]))
  await eventually(async () => {
    const book = await providersBook(shop)
    for (const orderId of orderIds) {
      const lines = book(orderId)
      const fits = lines.length === 0 || lines.join() === 'charge succeeded 1500,refund succeeded 1500'
      assert.ok(fits, `${orderId}: ${lines.join()}`)
    }
  })
  const statuses = (await allItems<any>(customer.send, '/api/orders')).map(
    ({ status, reason }) => `${status} ${reason}`,
  )
  assert.deepEqual(new Set(statuses), new Set(['CANCELLED CUSTOMER']))
  assert.equal(statuses.length, orderIds.length)
})

test('after all of that the books still agree', async () => {
  await eventually(async () => {
    const { sum, ledger, book } = await ledgerAndBook(shop)
    assert.deepEqual(ledger, book)
    assert.equal(sum, 0)
  })
})

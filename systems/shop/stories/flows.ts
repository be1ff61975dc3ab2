import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@waybill/cli/testing'
import { bookOf, ledgerAndBook, stockOf } from './books.ts'
import type { Shop } from './meet-shop.ts'
import { cancel, end, look, orderOf, place, waitFor } from './orders.ts'

/** The original's own example; only the quantity differs in its second one. */
const original = (quantity: number) => ({
  orderItems: [{ productId: 1, quantity }],
  shippingAddress: '서울시 강남구',
  paymentMethod: 'CREDIT_CARD',
})

/** The events in an order's history. Those of different services may come in any order. */
const eventsOf = (order: any): string[] => order.history.map(({ event }: any) => event).toSorted()

/** An order's ways, from its acceptance to its end. The shop is a fresh one: nobody has bought anything. */
export function flows(shop: Shop): void {
  test("the original's first example is accepted at once, and ends confirmed", async () => {
    const accepted = await shop.demo.send('POST /api/orders', { json: original(2) })
    assert.equal(accepted.status, 201)
    const { orderId, ...rest } = accepted.body
    assert.deepEqual(rest, {
      status: 'PENDING',
      total: { amount: 3_000, currency: 'KRW' },
      items: [{ productId: 1, quantity: 2, price: { amount: 1_500, currency: 'KRW' } }],
    })
    assert.equal(accepted.headers.get('location'), `/api/orders/${orderId}`)
    assert.match(accepted.headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/)

    const order = await end(shop.demo, orderId)
    assert.equal(order.status, 'CONFIRMED')
    assert.equal(order.reason, null)
    assert.deepEqual(order.saga, { state: 'COMPLETED', step: 'DONE' })
    assert.deepEqual(eventsOf(order), ['OrderCreatedEvent', 'PaymentCompletedEvent', 'StockReservedEvent'])
    await eventually(async () => assert.deepEqual(await stockOf(shop, 1), [98, 0, 2]))
    assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000'])
  })

  test("the original's second example ends cancelled: out of stock", async () => {
    const orderId = await place(shop.demo, original(999))
    const order = await end(shop.demo, orderId)
    assert.equal(order.status, 'CANCELLED')
    assert.equal(order.reason, 'OUT_OF_STOCK')
    assert.deepEqual(order.saga, { state: 'COMPENSATED', step: 'STOCK_RESERVATION' })
    assert.deepEqual(eventsOf(order), [
      'OrderCancelledEvent',
      'OrderCreatedEvent',
      'StockReservationFailedEvent',
    ])
    assert.deepEqual(await stockOf(shop, 1), [98, 0, 2])
    assert.deepEqual(await bookOf(shop, orderId), [])
  })

  test('an order of several products gets all of them or none', async () => {
    const plenty = await shop.stock(10)
    const scarce = await shop.stock(1)
    const both = (quantity: number) => ({
      ...original(0),
      orderItems: [
        { productId: plenty, quantity: 3 },
        { productId: scarce, quantity },
      ],
    })
    assert.equal((await end(shop.demo, await place(shop.demo, both(2)))).reason, 'OUT_OF_STOCK')
    assert.deepEqual(
      [await stockOf(shop, plenty), await stockOf(shop, scarce)],
      [
        [10, 0, 0],
        [1, 0, 0],
      ],
    )

    assert.equal((await end(shop.demo, await place(shop.demo, both(1)))).status, 'CONFIRMED')
    await eventually(async () =>
      assert.deepEqual(
        [await stockOf(shop, plenty), await stockOf(shop, scarce)],
        [
          [7, 0, 3],
          [0, 0, 1],
        ],
      ),
    )
  })

  for (const [token, reason] of [
    ['tok_declined', 'CARD_DECLINED'],
    ['tok_insufficient_funds', 'INSUFFICIENT_FUNDS'],
  ] as const) {
    test(`an order that is not paid for is cancelled, and its stock comes back: ${token}`, async () => {
      const productId = await shop.stock(5)
      const orderId = await place(shop.demo, orderOf(productId, 2, token))
      const order = await end(shop.demo, orderId)
      assert.equal(order.status, 'CANCELLED')
      assert.equal(order.reason, reason)
      await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [5, 0, 0]))
      assert.deepEqual(await bookOf(shop, orderId), ['charge declined 3000'])
    })
  }

  test('a provider that fails twice is asked again, and charges once', async () => {
    const orderId = await place(shop.demo, orderOf(await shop.stock(5), 1, 'tok_flaky_2'))
    assert.equal((await end(shop.demo, orderId)).status, 'CONFIRMED')
    assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 1500'])
  })

  test('a confirmed order can be cancelled once: money and stock come back', async () => {
    const productId = await shop.stock(5)
    const orderId = await place(shop.demo, orderOf(productId, 2))
    await waitFor(shop.demo, orderId, { status: 'CONFIRMED' })
    await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [3, 0, 2]))

    const cancelled = await shop.demo.send(`POST /api/orders/${orderId}/cancel`)
    assert.equal(cancelled.status, 202)
    assert.deepEqual(cancelled.body, { orderId, status: 'CANCELLED' })
    assert.equal((await look(shop.demo, orderId)).reason, 'CUSTOMER')
    await eventually(async () =>
      assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000', 'refund succeeded 3000']),
    )
    await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [5, 0, 0]))

    const again = await shop.demo.send(`POST /api/orders/${orderId}/cancel`)
    assert.equal(again.status, 409)
    assert.equal(again.body.code, 'ALREADY_CANCELLED')
  })

  test('an order cancelled while its charge is under way is refunded', async () => {
    const productId = await shop.stock(5)
    const orderId = await place(shop.demo, orderOf(productId, 2, 'tok_slow_1000'))
    await eventually(async () => assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000']))
    assert.equal((await look(shop.demo, orderId)).status, 'PENDING')
    assert.equal(await cancel(shop.demo, orderId), 202)
    assert.equal((await look(shop.demo, orderId)).status, 'CANCELLED')

    await eventually(async () =>
      assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000', 'refund succeeded 3000']),
    )
    await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [5, 0, 0]))
    const order = await look(shop.demo, orderId)
    assert.equal(order.status, 'CANCELLED')
    assert.equal(order.reason, 'CUSTOMER')
  })

  test("the shop's ledger is the provider's book, and sums to zero", async () => {
    await eventually(async () => {
      const { sum, ledger, book } = await ledgerAndBook(shop)
      assert.deepEqual(ledger, book)
      assert.equal(sum, 0)
      assert.notEqual(book.length, 0)
    })
  })
}

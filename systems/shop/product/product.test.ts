import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Emitted } from '@waybill/core'
import { given } from '@waybill/testing'
import { type Item, OrderCreated, StockReservationFailed, StockReserved } from '../events.ts'
import { won } from '../money.ts'
import {
  cancelled,
  completed,
  created,
  declined,
  items,
  orderId,
  outOfStock,
  reserved,
  userId,
} from '../test-data.ts'
import { addProduct, pricesOf, restock } from './catalogue.ts'
import { giveBack, release, Reservation, ReservationVoided, reserve, sell } from './reservation.ts'
import { ProductAdded, ProductRestocked, Stock, StockReleased, StockReturned, StockSold } from './stock.ts'

const notebook = ProductAdded({ productId: 1, name: 'Notebook', price: won(1_500), stock: 100 })
const pen = ProductAdded({ productId: 2, name: 'Pen', price: won(32_000), stock: 1 })
const sold = StockSold({ orderId, items })
const released = StockReleased({ orderId, items })
const returned = StockReturned({ orderId, items })
const voided = ReservationVoided({ orderId })

/** Both products on sale, and what has happened to the order since. */
const shelf = (...past: Emitted[]) =>
  given(Reservation, ...past)
    .and(Stock, '1', notebook, ...ofStock(past))
    .and(Stock, '2', pen, ...ofStock(past))
const ofStock = (past: Emitted[]): Emitted[] => past.filter(({ type }) => Stock.evolves.has(type))

test('an order gets all its items', () => {
  const { state } = shelf().when(reserve, created).then(reserved)
  assert.deepEqual(counters(state(Stock, '1')), [98, 2, 0])
  assert.deepEqual(counters(state(Stock, '2')), [0, 1, 0])
})

test('or none of them, and is told which are missing', () => {
  const two = orderOf({ productId: 1, quantity: 1, price: won(1_500) }, { ...items[1]!, quantity: 2 })
  const { state } = shelf().when(reserve, two).then(outOfStock)
  assert.deepEqual(counters(state(Stock, '1')), [100, 0, 0])
  given(Stock, '1', notebook)
    .when(reserve, orderOf({ productId: 1, quantity: 101, price: won(1_500) }, items[1]!))
    .then(StockReservationFailed({ orderId, userId, reason: 'OUT_OF_STOCK', productIds: [1, 2] }))
})

test('the last piece is sold once', () => {
  const other = StockReserved({ ...(reserved.data as any), items: [items[1]] })
  given(Stock, '1', notebook).and(Stock, '2', pen, other).when(reserve, created).then(outOfStock)
})

test('what is paid for is sold', () => {
  const { state } = shelf(reserved).when(sell, completed).then(sold)
  assert.deepEqual(counters(state(Stock, '1')), [98, 0, 2])
})

test('what is not paid for is released', () => {
  const { state } = shelf(reserved).when(release, declined).then(released)
  assert.deepEqual(counters(state(Stock, '1')), [100, 0, 0])
})

test('what belongs to a cancelled order comes back from wherever it is', () => {
  shelf(reserved).when(giveBack, cancelled('TIMEOUT')).then(released)
  const { state } = shelf(reserved, sold).when(giveBack, cancelled('CUSTOMER')).then(returned)
  assert.deepEqual(counters(state(Stock, '1')), [100, 0, 0])
  assert.deepEqual(counters(state(Stock, '2')), [1, 0, 0])
})

test('it comes back once, whichever reason is first', () => {
  shelf(reserved, released).when(giveBack, cancelled('CARD_DECLINED')).thenNothing()
  shelf(reserved, released).when(release, declined).thenNothing()
  shelf(reserved, sold, returned).when(giveBack, cancelled('CUSTOMER')).thenNothing()
  shelf(outOfStock).when(giveBack, cancelled('OUT_OF_STOCK')).thenNothing()
})

test('a payment that comes after the cancellation sells nothing', () => {
  shelf(reserved, released).when(sell, completed).thenNothing()
})

test('a cancellation that overtakes its order lets nothing be held', () => {
  shelf().when(giveBack, cancelled('CUSTOMER')).then(voided)
  shelf(voided).when(reserve, created).thenNothing()
})

test('an admin puts products on sale, at a price with or without its currency', async () => {
  const productId = await given().effect(addProduct, { name: 'Pen', price: 32_000, stock: 1 })
  assert.equal(productId, 1)
  for (const price of [32_000, won(32_000)]) {
    given()
      .when(addProduct, { name: 'Pen', price, stock: 1 }, { gathered: 2 })
      .then(pen)
      .thenReplies({
        productId: 2,
        name: 'Pen',
        price: won(32_000),
        stock: { onHand: 1, reserved: 0, sold: 0 },
      })
  }
})

test('the shop sells in one currency', () => {
  given()
    .when(
      addProduct,
      { name: 'Pen', price: { amount: 32, currency: 'EUR' }, stock: 1 },
      { gathered: 2, id: '2' },
    )
    .thenRefused('WRONG_CURRENCY', { pointer: '/price/currency' })
})

test('a product that there is can be restocked', () => {
  const { state } = given(Stock, pen)
    .when(restock, { productId: 2, quantity: 5 })
    .then(ProductRestocked({ productId: 2, quantity: 5 }))
  assert.deepEqual(counters(state(Stock)), [6, 0, 0])
  given().when(restock, { productId: 2, quantity: 5 }).thenRefused('PRODUCT_NOT_FOUND', { kind: 'not-found' })
})

test('prices are told for the products that there are', async () => {
  const stock = new Map([['1', { price: won(1_500) }]])
  const read = { entities: async () => ({ get: (id: number) => stock.get(String(id)) ?? null }) } as any
  const { items: prices } = (await pricesOf.answer(read, { productIds: [1, 2] }, {} as any)) as any
  assert.deepEqual(prices, [{ productId: 1, price: won(1_500) }])
})

function orderOf(...wanted: Item[]): Emitted<'OrderCreatedEvent'> {
  return OrderCreated({ ...(created.data as any), items: wanted })
}

function counters(stock: { onHand: number; reserved: number; sold: number } | null): number[] {
  return [stock!.onHand, stock!.reserved, stock!.sold]
}

import { testCaller, testId } from '@waybill/testing'
import {
  type Item,
  OrderCancelled,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
  StockReservationFailed,
  StockReserved,
} from './events.ts'
import { won } from './money.ts'

// One order through all its events, as the tests of every service tell it.

export const orderId = testId(0x0de4)
export const paymentId = testId(0x9a1d)
export const userId = testCaller.userId

/** Two notebooks and a pen. */
export const items: Item[] = [
  { productId: 1, quantity: 2, price: won(1_500) },
  { productId: 2, quantity: 1, price: won(32_000) },
]
export const total = won(35_000)

export const created = OrderCreated({
  orderId,
  userId,
  items,
  total,
  shippingAddress: '서울시 강남구',
  paymentMethod: 'CREDIT_CARD',
  paymentToken: 'tok_ok',
})
export const reserved = StockReserved({ orderId, userId, items, total, paymentToken: 'tok_ok' })
export const outOfStock = StockReservationFailed({
  orderId,
  userId,
  reason: 'OUT_OF_STOCK',
  productIds: [2],
})
export const completed = PaymentCompleted({ orderId, userId, items, paymentId, total })
export const declined = PaymentFailed({ orderId, userId, items, reason: 'CARD_DECLINED' })

/** The order cancelled, for this reason. */
export const cancelled = (reason: string) => OrderCancelled({ orderId, userId, items, reason })

import { randomInt } from 'node:crypto'
import { price, productCount, stockOfEach } from './books.ts'

/** The products that a benchmark puts on sale, as the shop takes them. */
export const products = Array.from({ length: productCount }, (_, n) => ({
  name: `Product ${n}`,
  price: { amount: price, currency: 'KRW' },
  stock: stockOfEach,
}))

/** An order of two products of many, or, hot, of the same one always. */
export function orderOf(productIds: readonly number[], hot: boolean): object {
  const first = hot ? 0 : randomInt(productCount)
  const chosen = hot ? [first] : [first, (first + 1 + randomInt(productCount - 1)) % productCount]
  return {
    orderItems: chosen.map((n) => ({ productId: productIds[n]!, quantity: 1 })),
    shippingAddress: '12 Market Street',
    paymentMethod: 'CREDIT_CARD',
  }
}

/** How many pieces an order has. */
export function piecesOf(hot: boolean): number {
  return hot ? 1 : 2
}

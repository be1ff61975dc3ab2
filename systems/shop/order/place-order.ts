import { command, isRefusal, later, type Refusal, refuse } from '@waybill/core'
import Type from 'typebox'
import { Item, OrderCreated } from '../events.ts'
import { Money, totalOf } from '../money.ts'
import { pricesOf } from '../product/catalogue.ts'
import { Order, OrderStatus } from './order.ts'
import { OrderOverdue } from './saga.ts'

const Line = Type.Object({
  productId: Type.Integer({ minimum: 1 }),
  quantity: Type.Integer({ minimum: 1, maximum: 10_000 }),
})
type Line = Type.Static<typeof Line>

/** Takes an order at once; whether it can be had and paid for, the saga finds out. */
export const placeOrder = command('place-order', {
  http: 'POST /api/orders',
  role: 'user',
  input: Type.Object({
    orderItems: Type.Array(Line, { minItems: 1, maxItems: 100 }),
    shippingAddress: Type.String({ minLength: 1, maxLength: 500 }),
    paymentMethod: Type.Enum(['CREDIT_CARD']),
    paymentToken: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  }),
  effect: ({ orderItems }, io) => io.ask(pricesOf, { productIds: orderItems.map((line) => line.productId) }),
  at: Order,
  id: (_, { newId }) => newId(),
  emits: [OrderCreated, OrderOverdue],
  decide: (_, input, { id: orderId, caller: { userId }, gathered: prices }) => {
    if (isRefusal(prices)) return prices
    const items = atPrices(input.orderItems, prices.items)
    if (isRefusal(items)) return items
    const { shippingAddress, paymentMethod, paymentToken = 'tok_ok' } = input
    const total = totalOf(items)
    return [
      OrderCreated({ orderId, userId, items, total, shippingAddress, paymentMethod, paymentToken }),
      later({ minutes: 5 }, OrderOverdue({ orderId })),
    ]
  },
  output: Type.Object({
    orderId: Type.String(),
    status: OrderStatus,
    total: Money,
    items: Type.Array(Item),
  }),
  reply: (order, { id: orderId }) => {
    const { status, total, items } = order!
    return { orderId, status, total, items }
  },
  settled: (order) => order?.status !== 'PENDING',
})

/** The lines with today's prices, or what is wrong with one of them. */
function atPrices(
  lines: readonly Line[],
  prices: readonly { productId: number; price: Money }[],
): Item[] | Refusal {
  const priceOf = new Map(prices.map(({ productId, price }) => [productId, price]))
  const items: Item[] = []
  for (const [index, { productId, quantity }] of lines.entries()) {
    const pointer = `/orderItems/${index}/productId`
    const price = priceOf.get(productId)
    if (price === undefined) {
      return refuse('UNKNOWN_PRODUCT', `There is no product ${productId}.`, { pointer })
    }
    if (items.some((item) => item.productId === productId)) {
      return refuse('DUPLICATE_PRODUCT', `Product ${productId} is listed twice: add the quantities.`, {
        pointer,
      })
    }
    items.push({ productId, quantity, price })
  }
  return items
}

import { eventually } from '@waybill/cli/testing'
import type { Person } from './meet-shop.ts'

/** The body of an order of one product. */
export function orderOf(productId: number, quantity: number, paymentToken = 'tok_ok'): object {
  return {
    orderItems: [{ productId, quantity }],
    shippingAddress: '서울시 강남구',
    paymentMethod: 'CREDIT_CARD',
    paymentToken,
  }
}

/** Places an order, and gives its id. */
export async function place(customer: Person, order: object): Promise<string> {
  const { status, body } = await customer.send('POST /api/orders', { json: order })
  if (status !== 201) throw new Error(`not accepted: ${JSON.stringify(body)}`)
  return body.orderId
}

/** Cancels an order, and gives the status of the answer. */
export async function cancel(customer: Person, orderId: string): Promise<number> {
  return (await customer.send(`POST /api/orders/${orderId}/cancel`)).status
}

/** An order as it is now. */
export async function look(customer: Person, orderId: string): Promise<any> {
  return (await customer.send(`GET /api/orders/${orderId}`)).body
}

/** An order as soon as it fits, e.g. `CONFIRMED`. */
export function waitFor(
  customer: Person,
  orderId: string,
  wanted: Readonly<Record<string, unknown>>,
): Promise<any> {
  return eventually(async () => {
    const order = await look(customer, orderId)
    const misfit = Object.entries(wanted).find(([field, value]) => order[field] !== value)
    if (misfit !== undefined) throw new Error(`${misfit[0]} differs: ${JSON.stringify(order)}`)
    return order
  })
}

/** An order once it has ended. */
export function end(customer: Person, orderId: string): Promise<any> {
  return eventually(async () => {
    const order = await look(customer, orderId)
    if (order.status === 'PENDING') throw new Error(`still ${JSON.stringify(order)}`)
    return order
  })
}

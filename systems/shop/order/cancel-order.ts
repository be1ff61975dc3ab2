import { command, refuse } from '@waybill/core'
import Type from 'typebox'
import { OrderCancelled } from '../events.ts'
import { Order, OrderStatus } from './order.ts'

/** The answer to a question about an order that is not there, or is somebody else's. */
export const orderNotFound = refuse('ORDER_NOT_FOUND', 'You have no such order.', { kind: 'not-found' })

/** Cancels an own order. Money and stock come back by themselves. */
export const cancelOrder = command('cancel-order', {
  http: 'POST /api/orders/{orderId}/cancel',
  role: 'user',
  status: 202,
  input: Type.Object({ orderId: Type.String() }),
  at: Order,
  id: ({ orderId }) => orderId,
  emits: [OrderCancelled],
  decide: (order, { orderId }, { caller: { userId } }) => {
    if (order?.userId !== userId) return orderNotFound
    if (order.status === 'CANCELLED') return refuse('ALREADY_CANCELLED', 'This order is cancelled already.')
    return OrderCancelled({ orderId, userId, items: order.items, reason: 'CUSTOMER' })
  },
  output: Type.Object({ orderId: Type.String(), status: OrderStatus }),
  reply: (order, { id: orderId }) => ({ orderId, status: order!.status }),
})

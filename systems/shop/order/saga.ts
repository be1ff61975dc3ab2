import { internal, on } from '@waybill/core'
import Type from 'typebox'
import {
  OrderCancelled,
  PaymentCompleted,
  PaymentFailed,
  StockReservationFailed,
  StockReserved,
} from '../events.ts'
import { Order, type OrderState } from './order.ts'

/** An order has had all the time that it gets. */
export const OrderOverdue = internal('OrderOverdueEvent', {
  data: Type.Object({ orderId: Type.String({ format: 'uuid' }) }),
})

// Every answer becomes part of the order's history as it is, late ones too.
const stockReserved = on(StockReserved).at(Order, 'orderId').observe()
const stockRefused = on(StockReservationFailed).at(Order, 'orderId').observe()
const paid = on(PaymentCompleted).at(Order, 'orderId').observe()
const notPaid = on(PaymentFailed).at(Order, 'orderId').observe()

/** Without stock there is no order. */
export const cancelWithoutStock = on(StockReservationFailed)
  .at(Order, 'orderId')
  .emits(OrderCancelled)
  .decide((order, { orderId, reason }) => cancelPending(orderId, order, reason))

/** Without payment there is no order. */
export const cancelWithoutPayment = on(PaymentFailed)
  .at(Order, 'orderId')
  .emits(OrderCancelled)
  .decide((order, { orderId, reason }) => cancelPending(orderId, order, reason))

/** Every order ends, also when a service stays silent. */
export const cancelWhenOverdue = on(OrderOverdue)
  .at(Order, 'orderId')
  .emits(OrderCancelled)
  .decide((order, { orderId }) => cancelPending(orderId, order, 'TIMEOUT'))

/** The orchestrator: what an order makes of the answers that it gets. */
export const orderSaga = [
  stockReserved,
  stockRefused,
  paid,
  notPaid,
  cancelWithoutStock,
  cancelWithoutPayment,
  cancelWhenOverdue,
]

function cancelPending(orderId: string, order: OrderState | null, reason: string) {
  return order?.status === 'PENDING'
    ? OrderCancelled({ orderId, userId: order.userId, items: order.items, reason })
    : undefined
}

import { entity } from '@waybill/core'
import Type, { type Static } from 'typebox'
import {
  Item,
  OrderCancelled,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
  StockReservationFailed,
  StockReserved,
} from '../events.ts'
import { orNull } from '../lists.ts'
import { Money } from '../money.ts'

/** What a customer sees of an order. It moves on from PENDING once; only CANCELLED is for ever. */
export const OrderStatus = Type.Enum(['PENDING', 'CONFIRMED', 'CANCELLED'])

/**
 * How far the saga is: what is being done for the order, and whether it goes forward or back. A cancelled order keeps
 * the step that it had come to. COMPENSATED: the cancellation is published, and who had done something undoes it.
 */
export const SagaProgress = Type.Object({
  state: Type.Enum(['RUNNING', 'COMPLETED', 'COMPENSATING', 'COMPENSATED']),
  step: Type.Enum(['STOCK_RESERVATION', 'PAYMENT', 'DONE']),
})

const Time = Type.String({ format: 'date-time' })

/** An order as its events have made it, and what they were. */
export const OrderState = Type.Object({
  userId: Type.String(),
  status: OrderStatus,
  /** Why it was cancelled. */
  reason: orNull(Type.String()),
  items: Type.Array(Item),
  total: Money,
  saga: SagaProgress,
  createdAt: Time,
  history: Type.Array(Type.Object({ event: Type.String(), at: Time, status: OrderStatus })),
})
export type OrderState = Static<typeof OrderState>

/** `null`: there is no such order. */
export const Order = entity<OrderState | null>('order', null)
  .evolve(OrderCreated, (_, { userId, items, total }, _id, at) =>
    recorded(OrderCreated.type, at, {
      userId,
      status: 'PENDING',
      reason: null,
      items,
      total,
      saga: { state: 'RUNNING', step: 'STOCK_RESERVATION' },
      createdAt: at.toISOString(),
      history: [],
    }),
  )
  .evolve(StockReserved, whilePending(StockReserved.type, { saga: { state: 'RUNNING', step: 'PAYMENT' } }))
  .evolve(
    PaymentCompleted,
    whilePending(PaymentCompleted.type, { status: 'CONFIRMED', saga: { state: 'COMPLETED', step: 'DONE' } }),
  )
  .evolve(
    StockReservationFailed,
    whilePending(StockReservationFailed.type, { saga: { state: 'COMPENSATING', step: 'STOCK_RESERVATION' } }),
  )
  .evolve(
    PaymentFailed,
    whilePending(PaymentFailed.type, { saga: { state: 'COMPENSATING', step: 'PAYMENT' } }),
  )
  .evolve(
    OrderCancelled,
    (order, { reason }, _id, at) =>
      order &&
      recorded(OrderCancelled.type, at, {
        ...order,
        status: 'CANCELLED',
        reason,
        saga: { ...order.saga, state: 'COMPENSATED' },
      }),
  )

/** Topics are not ordered among each other: an answer that comes after the order has moved on must not set it back. */
function whilePending(event: string, change: Partial<OrderState>) {
  return (order: OrderState | null, _data: unknown, _id: string, at: Date): OrderState | null =>
    order && recorded(event, at, order.status === 'PENDING' ? { ...order, ...change } : order)
}

function recorded(event: string, at: Date, order: OrderState): OrderState {
  const { status, history } = order
  return { ...order, history: [...history, { event, at: at.toISOString(), status }] }
}

import { event } from '@waybill/core'
import Type, { type Static } from 'typebox'
import { Money } from './money.ts'

const OrderRef = { orderId: Type.String({ format: 'uuid' }), userId: Type.String() }

/** One product of an order, at the price of the moment it was ordered. */
export const Item = Type.Object({
  productId: Type.Integer(),
  quantity: Type.Integer(),
  price: Money,
})
export type Item = Static<typeof Item>

const Items = Type.Array(Item)

/** An order was placed. Everything else follows from it. */
export const OrderCreated = event('OrderCreatedEvent', {
  topic: 'order-created',
  key: 'orderId',
  archive: true,
  data: Type.Object({
    ...OrderRef,
    items: Items,
    total: Money,
    shippingAddress: Type.String(),
    paymentMethod: Type.String(),
    paymentToken: Type.String(),
  }),
})

/** An order was cancelled. Whoever has done something for it undoes it. */
export const OrderCancelled = event('OrderCancelledEvent', {
  topic: 'order-cancelled',
  key: 'orderId',
  archive: true,
  data: Type.Object({ ...OrderRef, items: Items, reason: Type.String() }),
})

/** Everything that the order asks for is held. */
export const StockReserved = event('StockReservedEvent', {
  topic: 'stock-reserved',
  key: 'orderId',
  data: Type.Object({ ...OrderRef, items: Items, total: Money, paymentToken: Type.String() }),
})

/** Nothing is held, because of these products. */
export const StockReservationFailed = event('StockReservationFailedEvent', {
  topic: 'stock-reservation-failed',
  key: 'orderId',
  data: Type.Object({ ...OrderRef, reason: Type.String(), productIds: Type.Array(Type.Integer()) }),
})

/** The order is paid for. */
export const PaymentCompleted = event('PaymentCompletedEvent', {
  topic: 'payment-completed',
  key: 'orderId',
  archive: true,
  data: Type.Object({
    ...OrderRef,
    items: Items,
    paymentId: Type.String({ format: 'uuid' }),
    total: Money,
  }),
})

/** The order is not paid for, and will not be. */
export const PaymentFailed = event('PaymentFailedEvent', {
  topic: 'payment-failed',
  key: 'orderId',
  archive: true,
  data: Type.Object({ ...OrderRef, items: Items, reason: Type.String() }),
})

/** What a user is told about the outcome of an order. */
export const Notification = Type.Object({
  notificationId: Type.String({ format: 'uuid' }),
  ...OrderRef,
  type: Type.Enum(['ORDER_CONFIRMED', 'ORDER_CANCELLED']),
  status: Type.Enum(['CONFIRMED', 'CANCELLED']),
  reason: Type.Optional(Type.String()),
  message: Type.String(),
  at: Type.String({ format: 'date-time' }),
})
export type Notification = Static<typeof Notification>

/** A user has something to be told. */
export const NotificationSent = event('NotificationEvent', {
  topic: 'user-notifications',
  key: 'userId',
  data: Notification,
})

import { entity, type Meta, on } from '@waybill/core'
import {
  type Notification,
  NotificationSent,
  OrderCancelled,
  OrderCreated,
  PaymentCompleted,
  StockReservationFailed,
} from '../events.ts'

/** What a user has been told about an order so far. */
export interface OutcomeState {
  readonly told: 'NOTHING' | Notification['status']
}

/** By order id. An order that is confirmed may still be cancelled; after that there is nothing more to tell. */
export const Outcome = entity<OutcomeState>('outcome', { told: 'NOTHING' })
  .evolve(OrderCreated, (outcome) => outcome)
  .evolve(NotificationSent, (_, { status }) => ({ told: status }))

/** The story of what a user is told begins with the order. */
export const remember = on(OrderCreated).at(Outcome, 'orderId').observe()

/** A paid order is a confirmed one, unless it was cancelled meanwhile. */
export const tellConfirmed = on(PaymentCompleted)
  .at(Outcome, 'orderId')
  .emits(NotificationSent)
  .decide(({ told }, { orderId, userId }, meta) =>
    told === 'NOTHING'
      ? NotificationSent({
          ...about(orderId, userId, meta),
          type: 'ORDER_CONFIRMED',
          status: 'CONFIRMED',
          message: 'Your order is confirmed.',
        })
      : undefined,
  )

/** Without stock an order will be cancelled: no need to wait for it. */
export const tellOutOfStock = on(StockReservationFailed)
  .at(Outcome, 'orderId')
  .emits(NotificationSent)
  .decide(tellCancelled)

/** All other reasons are known only from the cancellation itself. */
export const tellOtherCancellations = on(OrderCancelled)
  .at(Outcome, 'orderId')
  .emits(NotificationSent)
  .decide(tellCancelled)

function tellCancelled(
  { told }: OutcomeState,
  { orderId, userId, reason }: { orderId: string; userId: string; reason: string },
  meta: Meta,
) {
  return told === 'CANCELLED'
    ? undefined
    : NotificationSent({
        ...about(orderId, userId, meta),
        type: 'ORDER_CANCELLED',
        status: 'CANCELLED',
        reason,
        message: `Your order was cancelled: ${why.get(reason) ?? reason}.`,
      })
}

const why = new Map([
  ['OUT_OF_STOCK', 'a product is out of stock'],
  ['CARD_DECLINED', 'the card was declined'],
  ['INSUFFICIENT_FUNDS', 'the card has insufficient funds'],
  ['PAYMENT_TIMEOUT', 'the payment could not be completed in time'],
  ['TIMEOUT', 'it could not be completed in time'],
  ['CUSTOMER', 'you asked for it'],
])

function about(orderId: string, userId: string, { newId, at }: Meta) {
  return { notificationId: newId(), orderId, userId, at: at.toISOString() }
}

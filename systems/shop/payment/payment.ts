import { entity, internal, on } from '@waybill/core'
import type { PaymentProvider } from '@waybill/runtime'
import Type from 'typebox'
import { OrderCancelled, PaymentCompleted, PaymentFailed, StockReserved } from '../events.ts'
import { Money, totalOf, won } from '../money.ts'

const OrderAmount = { orderId: Type.String({ format: 'uuid' }), amount: Money }

/** The provider did not answer in time: it may have taken the money or not. */
export const ChargeUnanswered = internal('ChargeUnansweredEvent', { data: Type.Object(OrderAmount) })

/** Whatever became of an unanswered charge, no money stays taken. */
export const ChargeReversed = internal('ChargeReversedEvent', {
  data: Type.Object({ ...OrderAmount, refunded: Type.Boolean() }),
})

/** The money of a cancelled order was given back. */
export const PaymentRefunded = internal('PaymentRefundedEvent', { data: Type.Object(OrderAmount) })

/** An order was cancelled before it was charged: the provider knows that it must not be. */
export const PaymentVoided = internal('PaymentVoidedEvent', {
  data: Type.Object({ orderId: Type.String({ format: 'uuid' }) }),
})

/** What payment has done for an order. */
export interface PaymentState {
  readonly status: 'NONE' | 'CHARGED' | 'FAILED' | 'REVERSING' | 'REVERSED' | 'REFUNDED' | 'VOID'
  readonly amount: Money
}

/**
 * By order id.
 *
 *     NONE → CHARGED → REFUNDED      charged, and given back when the order was cancelled afterwards
 *          → FAILED                  declined
 *          → REVERSING → REVERSED    no answer: it counts as failed, and is taken back in case it was made
 *          → VOID                    cancelled before it was charged
 *          → REVERSED                the same, but it was charged after all, by a process that did not come to say so
 */
export const Payment = entity<PaymentState>('payment', { status: 'NONE', amount: won(0) })
  .evolve(PaymentCompleted, (_, { total }) => ({ status: 'CHARGED', amount: total }))
  .evolve(PaymentFailed, (payment) => ({ ...payment, status: 'FAILED' }))
  .evolve(ChargeUnanswered, (_, { amount }) => ({ status: 'REVERSING', amount }))
  .evolve(ChargeReversed, (payment) => ({ ...payment, status: 'REVERSED' }))
  .evolve(PaymentRefunded, (payment) => ({ ...payment, status: 'REFUNDED' }))
  .evolve(PaymentVoided, (payment) => ({ ...payment, status: 'VOID' }))

/**
 * The keys by which the provider knows what we ask of it. They follow from the order, not from the event at hand:
 * so an order is charged once and given back once, and a charge can be taken back whose answer was never seen.
 */
export const chargeKeyOf = (orderId: string): string => orderId
export const refundKeyOf = (orderId: string): string => `${orderId}/refund`

/** Charges what is held. */
export const charge = (provider: PaymentProvider) =>
  on(StockReserved)
    .at(Payment, 'orderId')
    .effect(
      (payment, { orderId, total, paymentToken }, { signal }) =>
        payment.status === 'NONE'
          ? provider.charge({
              key: chargeKeyOf(orderId),
              amount: total,
              token: paymentToken,
              reference: orderId,
              signal,
            })
          : undefined,
      { attempt: { seconds: 8 }, within: { seconds: 20 } },
    )
    .emits(PaymentCompleted, PaymentFailed, ChargeUnanswered)
    .decide((_, { orderId, userId, items, total }, { outcome, newId }) => {
      if (outcome.status === 'unknown') {
        return [
          PaymentFailed({ orderId, userId, items, reason: 'PAYMENT_TIMEOUT' }),
          ChargeUnanswered({ orderId, amount: total }),
        ]
      }
      // The order was cancelled before it could be charged. Nobody waits for an answer: it has ended.
      if (outcome.value === undefined) return undefined
      return outcome.value.status === 'succeeded'
        ? PaymentCompleted({ orderId, userId, items, paymentId: newId(), total })
        : PaymentFailed({ orderId, userId, items, reason: outcome.value.reason })
    })

/** Takes back a charge that was never answered; tried until the provider has acknowledged it. */
export const reverse = (provider: PaymentProvider) =>
  on(ChargeUnanswered)
    .at(Payment, 'orderId')
    .effect((_, { orderId }, { signal }) =>
      provider.reverse({
        key: refundKeyOf(orderId),
        chargeKey: chargeKeyOf(orderId),
        reference: orderId,
        signal,
      }),
    )
    .emits(ChargeReversed)
    .decide((_, { orderId, amount }, { outcome }) =>
      outcome.status === 'answered'
        ? ChargeReversed({ orderId, amount, refunded: outcome.value.refunded })
        : undefined,
    )

/**
 * Gives back the money of a cancelled order, tried until it works; or sees to it that none is taken, or stays taken: a
 * process may have charged an order and have ended, or have lost it to another, before it could say so.
 */
export const refund = (provider: PaymentProvider) =>
  on(OrderCancelled)
    .at(Payment, 'orderId')
    .effect(async ({ status, amount }, { orderId }, { signal }) => {
      const call = { key: refundKeyOf(orderId), chargeKey: chargeKeyOf(orderId), reference: orderId, signal }
      if (status === 'CHARGED') await provider.refund({ ...call, amount })
      return status === 'NONE' ? provider.reverse(call) : undefined
    })
    .emits(PaymentRefunded, PaymentVoided, ChargeReversed)
    .decide(({ status, amount }, { orderId, items }, { outcome }) => {
      if (status === 'CHARGED') return PaymentRefunded({ orderId, amount })
      if (outcome.status === 'unknown' || outcome.value === undefined) return undefined
      return outcome.value.refunded
        ? ChargeReversed({ orderId, amount: totalOf(items), refunded: true })
        : PaymentVoided({ orderId })
    })

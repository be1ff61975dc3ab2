import { entity, internal } from '@waybill/core'
import Type from 'typebox'
import type { Money } from '../payment-provider.ts'

/** Integer minor units, above zero. */
export const MoneyType = Type.Object({
  amount: Type.Integer({ minimum: 1 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
})

const Entry = {
  /** Of the book's line. Made in the order of time, so that the book can be paged by it. */
  entryId: Type.String({ format: 'uuid' }),
  key: Type.String(),
  amount: MoneyType,
  reference: Type.String(),
}

export const ChargeSucceeded = internal('ChargeSucceeded', {
  data: Type.Object({ ...Entry, at: Type.String({ format: 'date-time' }) }),
})

export const ChargeDeclined = internal('ChargeDeclined', {
  data: Type.Object({ ...Entry, at: Type.String({ format: 'date-time' }), reason: Type.String() }),
})

/** A call that ended in a fault of the provider, before anything was done. */
export const ChargeCallFailed = internal('ChargeCallFailed', { data: Type.Object({ key: Type.String() }) })

/** A reversal came before its charge: the charge will be declined. */
export const ChargeBlocked = internal('ChargeBlocked', { data: Type.Object({ key: Type.String() }) })

/** Money given back, by a refund or by a reversal. */
export const ChargeRefunded = internal('ChargeRefunded', {
  data: Type.Object({ ...Entry, chargeKey: Type.String() }),
})

/** What the provider knows about one charge. */
export interface ChargeState {
  readonly status: 'none' | 'blocked' | 'succeeded' | 'declined'
  readonly amount: Money
  readonly reason: string
  /** When it succeeded or was declined, RFC 3339. */
  readonly at: string
  readonly failures: number
  /** What was given back, by the key of the refund or reversal. */
  readonly refunds: Readonly<Record<string, number>>
}

const initial: ChargeState = {
  status: 'none',
  amount: { amount: 0, currency: '' },
  reason: '',
  at: '',
  failures: 0,
  refunds: {},
}

/** A charge, by its idempotency key. */
export const Charge = entity<ChargeState>('charge', initial)
  .evolve(ChargeSucceeded, (charge, { amount, at }) => ({ ...charge, status: 'succeeded', amount, at }))
  .evolve(ChargeDeclined, (charge, { amount, at, reason }) => ({
    ...charge,
    status: 'declined',
    amount,
    at,
    reason,
  }))
  .evolve(ChargeCallFailed, (charge) => ({ ...charge, failures: charge.failures + 1 }))
  .evolve(ChargeBlocked, (charge) => ({ ...charge, status: 'blocked' }))
  .evolve(ChargeRefunded, (charge, { key, amount }) => ({
    ...charge,
    refunds: { ...charge.refunds, [key]: amount.amount },
  }))

/** What of a charge has not been given back. */
export function remaining(charge: ChargeState): number {
  return Object.values(charge.refunds).reduce((left, refund) => left - refund, charge.amount.amount)
}

import { service, type ServiceDef } from '@waybill/core'
import type { PaymentProvider } from '@waybill/runtime'
import { Balances, getLedger, Ledger } from './ledger.ts'
import { charge, Payment, refund, reverse } from './payment.ts'

/** Takes money and gives it back, and keeps the books. */
export const payment = (provider: PaymentProvider): ServiceDef =>
  service('payment', {
    entities: [Payment],
    queries: [getLedger],
    handlers: [charge(provider), reverse(provider), refund(provider)],
    views: [Ledger, Balances],
  })

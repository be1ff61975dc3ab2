import { query, view } from '@waybill/core'
import Type, { type Static } from 'typebox'
import { PaymentCompleted } from '../events.ts'
import { pageOf, paging } from '../lists.ts'
import { Money, won } from '../money.ts'
import { ChargeReversed, chargeKeyOf, PaymentRefunded, refundKeyOf } from './payment.ts'

/** Where the money is: the provider holds for us what customers have paid for. */
const Account = Type.Enum(['payment-provider', 'sales'])

/** Double entry: the postings of a movement sum to zero. */
const Movement = Type.Object({
  /** The same as of the line in the provider's own book, so that the two can be compared. */
  key: Type.String(),
  kind: Type.Enum(['charge', 'refund']),
  orderId: Type.String(),
  postings: Type.Array(Type.Object({ account: Account, amount: Money })),
})
type Movement = Static<typeof Movement>

const LedgerRow = Type.Object({ ...Movement.properties, at: Type.String({ format: 'date-time' }) })
const Balance = Type.Object({ account: Account, balance: Money })

/** Every movement of money. */
export const Ledger = view('ledger', { key: 'key', row: LedgerRow, indexes: [['orderId']] })
  .on(PaymentCompleted, keys(charged), record(charged))
  .on(PaymentRefunded, keys(refunded), record(refunded))
  .on(ChargeReversed, keys(reversed), record(reversed))

/** What each account holds, in each currency. */
export const Balances = view('balances', {
  key: 'id',
  row: Type.Object({ id: Type.String(), ...Balance.properties }),
})
  .on(PaymentCompleted, accounts(charged), post(charged))
  .on(PaymentRefunded, accounts(refunded), post(refunded))
  .on(ChargeReversed, accounts(reversed), post(reversed))

/** The books. The sum of all balances is zero, always. */
export const getLedger = query('ledger', {
  http: 'GET /api/ledger',
  role: 'admin',
  input: Type.Object(paging),
  output: Type.Object({ balances: Type.Array(Balance), sum: Money, ...pageOf(LedgerRow).properties }),
  answer: async (read, page) => {
    const { items: rows } = await read.rows(Balances, { limit: 100 })
    const balances = rows.map(({ account, balance }) => ({ account, balance }))
    const sum = won(balances.reduce((total, { balance }) => total + balance.amount, 0))
    return { balances, sum, ...(await read.rows(Ledger, page)) }
  },
})

function charged({ orderId, total }: { orderId: string; total: Money }): Movement[] {
  return [movement('charge', orderId, total)]
}

function refunded({ orderId, amount }: { orderId: string; amount: Money }): Movement[] {
  return [movement('refund', orderId, amount)]
}

/** A charge that was never answered was made after all, and given back: both are in the provider's book. */
function reversed(event: { orderId: string; amount: Money; refunded: boolean }): Movement[] {
  const { orderId, amount } = event
  return event.refunded ? [movement('charge', orderId, amount), movement('refund', orderId, amount)] : []
}

function movement(kind: Movement['kind'], orderId: string, { amount, currency }: Money): Movement {
  const [key, sign] = kind === 'charge' ? [chargeKeyOf(orderId), 1] : [refundKeyOf(orderId), -1]
  return {
    key,
    kind,
    orderId,
    postings: [
      { account: 'payment-provider', amount: { amount: sign * amount, currency } },
      { account: 'sales', amount: { amount: -sign * amount, currency } },
    ],
  }
}

type Movements<D> = (data: D) => readonly Movement[]

function keys<D>(movements: Movements<D>) {
  return (data: D): string[] => movements(data).map(({ key }) => key)
}

function record<D>(movements: Movements<D>) {
  return (_: unknown, data: D, { at }: { at: Date }, key: string): Static<typeof LedgerRow> | undefined => {
    const found = movements(data).find((one) => one.key === key)
    return found && { ...found, at: at.toISOString() }
  }
}

function accounts<D>(movements: Movements<D>) {
  return (data: D): string[] => [...new Set(postings(movements, data).map(balanceId))]
}

function post<D>(movements: Movements<D>) {
  return (row: (Static<typeof Balance> & { id: string }) | undefined, data: D, _: unknown, id: string) =>
    postings(movements, data)
      .filter((posting) => balanceId(posting) === id)
      .reduce(
        (sum, { account, amount: { amount, currency } }) => ({
          id,
          account,
          balance: { amount: (sum?.balance.amount ?? 0) + amount, currency },
        }),
        row,
      )
}

function postings<D>(movements: Movements<D>, data: D): Movement['postings'] {
  return movements(data).flatMap((one) => one.postings)
}

function balanceId({ account, amount }: Movement['postings'][number]): string {
  return `${account}/${amount.currency}`
}

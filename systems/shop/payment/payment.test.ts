import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PaymentProvider } from '@waybill/runtime'
import { anyId, given, givenView, testTime } from '@waybill/testing'
import { PaymentCompleted, PaymentFailed } from '../events.ts'
import { cancelled, completed, declined, items, orderId, reserved, total, userId } from '../test-data.ts'
import { Balances, Ledger } from './ledger.ts'
import {
  charge,
  ChargeReversed,
  ChargeUnanswered,
  Payment,
  PaymentRefunded,
  PaymentVoided,
  refund,
  reverse,
} from './payment.ts'

/** Notes what it is asked, and does it. */
function provider() {
  const asked: Record<string, unknown>[] = []
  const note =
    <A>(what: string, answer: A) =>
    async ({ signal: _signal, ...request }: { signal: AbortSignal }): Promise<A> => {
      asked.push({ what, ...request })
      return answer
    }
  const port: PaymentProvider = {
    charge: note('charge', { status: 'succeeded' }),
    refund: note('refund', undefined),
    reverse: note('reverse', { refunded: true }),
  }
  return { asked, port }
}

const { port } = provider()
const unanswered = ChargeUnanswered({ orderId, amount: total })
const reversed = ChargeReversed({ orderId, amount: total, refunded: true })
const refunded = PaymentRefunded({ orderId, amount: total })
const voided = PaymentVoided({ orderId })
const timedOut = PaymentFailed({ orderId, userId, items, reason: 'PAYMENT_TIMEOUT' })

const lastOrder = cancelled('CUSTOMER')

test('what is held is charged once, under a key that follows from the order', async () => {
  const { asked, port } = provider()
  await given().effect(charge(port), reserved)
  assert.deepEqual(asked, [
    { what: 'charge', key: orderId, amount: total, token: 'tok_ok', reference: orderId },
  ])
  for (const past of [completed, declined, voided]) await given(Payment, past).effect(charge(port), reserved)
  assert.equal(asked.length, 1)
})

test('the provider says yes or no', () => {
  given()
    .outcome({ status: 'succeeded' })
    .when(charge(port), reserved)
    .then(PaymentCompleted({ orderId, userId, items, paymentId: anyId(), total }))
  given().outcome({ status: 'declined', reason: 'CARD_DECLINED' }).when(charge(port), reserved).then(declined)
})

test('no answer is a no, and whatever was taken is taken back', async () => {
  const { asked, port } = provider()
  const { state } = given().outcomeUnknown().when(charge(port), reserved).then(timedOut, unanswered)
  assert.equal(state(Payment).status, 'REVERSING')

  const answer = await given(Payment, timedOut, unanswered).effect(reverse(port), unanswered)
  assert.deepEqual(asked, [
    { what: 'reverse', key: `${orderId}/refund`, chargeKey: orderId, reference: orderId },
  ])
  given(Payment, timedOut, unanswered).outcome(answer).when(reverse(port), unanswered).then(reversed)
})

test('a charged order that is cancelled is refunded, once', async () => {
  const { asked, port } = provider()
  await given(Payment, completed).effect(refund(port), lastOrder)
  assert.deepEqual(asked, [
    {
      what: 'refund',
      key: `${orderId}/refund`,
      chargeKey: orderId,
      amount: total,
      reference: orderId,
    },
  ])
  given(Payment, completed).outcome(undefined).when(refund(port), lastOrder).then(refunded)

  await given(Payment, completed, refunded).effect(refund(port), lastOrder)
  assert.equal(asked.length, 1)
  given(Payment, completed, refunded).outcome(undefined).when(refund(port), lastOrder).thenNothing()
})

test('an order that is cancelled before it is charged never is, which the provider is told', async () => {
  const { asked, port } = provider()
  await given().effect(refund(port), lastOrder)
  assert.deepEqual(asked, [
    { what: 'reverse', key: `${orderId}/refund`, chargeKey: orderId, reference: orderId },
  ])
  given().outcome({ refunded: false }).when(refund(port), lastOrder).then(voided)
  given(Payment, voided).outcome(undefined).when(charge(port), reserved).thenNothing()
})

test('a charge of which nobody came to say that it was made is given back when the order is cancelled', () => {
  given().outcome({ refunded: true }).when(refund(port), lastOrder).then(reversed)
  given(Payment, reversed).outcome(undefined).when(charge(port), reserved).thenNothing()
})

test('an order that was not paid for needs no refund when it is cancelled', async () => {
  const { asked, port } = provider()
  for (const past of [[declined], [timedOut, unanswered], [timedOut, unanswered, reversed]]) {
    await given(Payment, ...past).effect(refund(port), lastOrder)
    given(Payment, ...past)
      .outcome(undefined)
      .when(refund(port), lastOrder)
      .thenNothing()
  }
  assert.deepEqual(asked, [])
})

const at = testTime.toISOString()
const charged = {
  key: orderId,
  kind: 'charge' as const,
  orderId,
  postings: [
    { account: 'payment-provider' as const, amount: { amount: 35_000, currency: 'KRW' } },
    { account: 'sales' as const, amount: { amount: -35_000, currency: 'KRW' } },
  ],
  at,
}
const givenBack = {
  key: `${orderId}/refund`,
  kind: 'refund' as const,
  orderId,
  postings: [
    { account: 'payment-provider' as const, amount: { amount: -35_000, currency: 'KRW' } },
    { account: 'sales' as const, amount: { amount: 35_000, currency: 'KRW' } },
  ],
  at,
}

test('every movement of money is in the ledger, as in the provider’s own book', () => {
  givenView(Ledger).on(completed).on(refunded).thenRows(charged, givenBack)
  givenView(Ledger).on(reversed).thenRows(charged, givenBack)
  givenView(Ledger)
    .on(ChargeReversed({ orderId, amount: total, refunded: false }))
    .thenRows()
})

test('the balances are what the postings sum up to', () => {
  const balances = (amount: number) => [
    {
      id: 'payment-provider/KRW',
      account: 'payment-provider' as const,
      balance: { amount, currency: 'KRW' },
    },
    { id: 'sales/KRW', account: 'sales' as const, balance: { amount: 0 - amount, currency: 'KRW' } },
  ]
  const paidTwice = givenView(Balances).on(completed).on(completed)
  paidTwice.thenRows(...balances(70_000))
  paidTwice.on(refunded).thenRows(...balances(35_000))
  paidTwice
    .on(refunded)
    .on(refunded)
    .on(reversed)
    .thenRows(...balances(0))
})

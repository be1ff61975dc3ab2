import type { Change } from '@waybill/testing/put-in'

/** A fault that a simulation must find. */
export interface Canary extends Change {
  /** A sentence about the program, without its subject. */
  readonly defect: string
}

const engine: readonly Canary[] = [
  {
    defect: 'saves no position of the log',
    file: 'engine/commit/transaction.ts',
    from: 'offsets = batch.fence?.expecting(firstOf(batch, decided.count).reached) ?? []',
    to: 'offsets = []',
  },
  {
    defect: 'takes a repetition for a new event',
    file: 'engine/decide/decide-event.ts',
    from: 'if (seen.has(work.name)) return true',
    to: 'if (seen.has(work.queue)) return true',
  },
  {
    defect: 'claims no event',
    file: 'engine/decide/need.ts',
    from: 'if (claims) claim.push(...claimOf(work))',
    to: 'void claims',
  },
  {
    defect: 'gives up at the first failure',
    file: 'engine/aside/parking.ts',
    from: 'const next = final ?',
    to: 'const next = final || attempts > 0 ?',
  },
  {
    defect: 'answers a repeated command anew',
    file: 'engine/decide/decide-command.ts',
    from: 'if (earlier !== undefined) {',
    to: 'if (earlier !== undefined && newReplies.length < 0) {',
  },
  {
    defect: 'handles a deadline twice',
    file: 'engine/decide/decide-batch.ts',
    from: "if (work.kind === 'event' && work.origin.kind === 'deadline') firedDeadlines.push(work.head.id)",
    to: '',
  },
  {
    defect: 'lets deadlines come early',
    file: 'memory/due.ts',
    from: 'later.filter(({ dueAt }) => dueAt <= now)',
    to: 'later.filter(({ dueAt }) => dueAt <= now + 5_000)',
  },
  {
    defect: 'goes round for ever when it stops',
    file: 'engine/intake/intake.ts',
    from: '(isStopping() || (arrivals.isEmpty() && !times.isDue()))',
    to: 'arrivals.isEmpty() && !times.isDue()',
  },
]

const shop: readonly Canary[] = [
  {
    defect: 'forgets the refund of a cancelled order',
    file: 'shop/payment/payment.ts',
    from: "if (status === 'CHARGED') await provider.refund({ ...call, amount })",
    to: '',
  },
  {
    defect: 'never releases what was held for a cancelled order',
    file: 'shop/product/reservation.ts',
    from: "      case 'HELD':\n        return StockReleased({ orderId, items })\n",
    to: '',
  },
  {
    defect: 'tells of a cancellation twice',
    file: 'shop/notification/outcome.ts',
    from: "return told === 'CANCELLED'",
    to: "return told === 'NEVER'",
  },
  {
    defect: 'charges without a key of the order',
    file: 'shop/payment/payment.ts',
    from: 'key: chargeKeyOf(orderId),\n              amount: total',
    to: 'key: `${chargeKeyOf(orderId)}/${(signal as any).n = Math.random()}`,\n              amount: total',
  },
  {
    defect: 'lets a late answer set a status back',
    file: 'shop/order/order.ts',
    from: "order.status === 'PENDING' ? { ...order, ...change } : order",
    to: '{ ...order, ...change }',
  },
  {
    defect: 'sells what was never held',
    file: 'shop/product/reservation.ts',
    from: "status === 'HELD' ? StockSold({ orderId, items }) : undefined",
    to: 'StockSold({ orderId, items })',
  },
  {
    defect: 'leaves an unanswered charge as it is',
    file: 'shop/payment/payment.ts',
    from: '          ChargeUnanswered({ orderId, amount: total }),\n',
    to: '',
  },
  {
    defect: 'sets no deadline for an order',
    file: 'shop/order/place-order.ts',
    from: '      later({ minutes: 5 }, OrderOverdue({ orderId })),\n',
    to: '',
  },
]

/** Each is found within 500 seeds: `canaries.test.ts`. */
export const canaries: readonly Canary[] = [...engine, ...shop]

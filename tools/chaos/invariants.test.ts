import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invariants, type Seen } from './invariants.ts'

const won = (amount: number) => ({ amount, currency: 'KRW' })
const line = (reference: string, kind: 'charge' | 'refund', amount: number) => ({
  key: kind === 'charge' ? reference : `${reference}/refund`,
  kind,
  status: 'succeeded' as const,
  amount: won(amount),
  reference,
})
const order = (orderId: string, status: string) => ({
  orderId,
  status,
  reason: null,
  items: [{ productId: 1, quantity: 2 }],
  total: won(3_000),
})
const told = (orderId: string, status: string, notificationId = `${orderId} ${status}`) => ({
  notificationId,
  orderId,
  status,
})

/** One order is confirmed, one was confirmed and then called off, one was declined. */
const good: Seen = {
  promised: ['a', 'b', 'c'],
  orders: [order('a', 'CONFIRMED'), order('b', 'CANCELLED'), order('c', 'CANCELLED')],
  products: [{ productId: 1, stocked: 10, stock: { onHand: 8, reserved: 0, sold: 2 } }],
  book: [
    line('a', 'charge', 3_000),
    line('b', 'charge', 3_000),
    line('b', 'refund', 3_000),
    { ...line('c', 'charge', 3_000), status: 'declined' },
  ],
  ledger: {
    sum: 0,
    movements: [
      { key: 'a', kind: 'charge', amount: 3_000 },
      { key: 'b', kind: 'charge', amount: 3_000 },
      { key: 'b/refund', kind: 'refund', amount: 3_000 },
    ],
  },
  told: [told('a', 'CONFIRMED'), told('b', 'CONFIRMED'), told('b', 'CANCELLED'), told('c', 'CANCELLED')],
  parked: [],
}

/** The invariants that do not hold. */
const broken = (change: Partial<Seen>): string[] =>
  Object.entries(invariants)
    .filter(([, check]) => check({ ...good, ...change }).length > 0)
    .map(([name]) => name)

const stock = (onHand: number, reserved: number, sold: number): Partial<Seen> => ({
  products: [{ productId: 1, stocked: 10, stock: { onHand, reserved, sold } }],
})
const status = (first: string): Partial<Seen> => ({ orders: [order('a', first), ...good.orders.slice(1)] })

test('a good world breaks nothing', () => {
  assert.deepEqual(broken({}), [])
})

for (const [what, change, ...names] of [
  ['an order that is lost', { promised: [...good.promised, 'd'] }, 'each request is one order'],
  ['an order for two requests', { promised: [...good.promised, 'a'] }, 'each request is one order'],
  ['an order too many', { promised: ['a', 'b'] }, 'each request is one order'],
  ['an order without an end', status('PENDING'), 'every order has ended'],
  ['stock that stays reserved', stock(6, 2, 2), 'stock is conserved'],
  ['stock that is gone', stock(7, 0, 2), 'stock is conserved'],
  ['stock that is sold to nobody', stock(6, 0, 4), 'stock is conserved'],
  ['stock that was never there', { ...stock(-2, 0, 12) }, 'stock is conserved'],
  ['a cancelled order that is paid for', status('CANCELLED'), 'money fits the orders'],
  ['a confirmed order that is not', { book: good.book.slice(1) }, 'money fits the orders'],
  ['a refund of a confirmed order', { book: [...good.book, line('a', 'refund', 3_000)] }, 'money fits'],
  [
    'a charge twice',
    { book: [...good.book, line('a', 'charge', 3_000)] },
    'money fits',
    'an order is charged',
  ],
  ['a movement that is not booked', { book: [...good.book, line('d', 'charge', 1)] }, 'the ledger is'],
  ['a movement that never was', { book: good.book.slice(1) }, 'the ledger is'],
  ['a crooked ledger', { ledger: { ...good.ledger, sum: 1 } }, 'the ledger is'],
  ['an outcome that is not told', { told: good.told.slice(1) }, 'each outcome'],
  ['an outcome told twice', { told: [...good.told, told('a', 'CONFIRMED', 'again')] }, 'each outcome'],
  ['an outcome that is not one', { told: [...good.told, told('a', 'CANCELLED')] }, 'each outcome'],
  ['something set aside', { parked: ['an event'] }, 'nothing is set aside'],
] as const satisfies readonly (readonly [string, Partial<Seen>, ...string[]])[]) {
  test(`${what} is found`, () => {
    const found = broken(change)
    for (const name of names)
      assert.ok(
        found.some((one) => one.startsWith(name)),
        found.join('; '),
      )
  })
}

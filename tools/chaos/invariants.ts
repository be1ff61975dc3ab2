import type { BookEntry } from '@waybill/runtime'
import type { Told } from './listener.ts'

/** An order as its customer reads it. */
export interface SeenOrder {
  readonly orderId: string
  readonly status: string
  readonly reason: string | null
  readonly items: readonly { readonly productId: number; readonly quantity: number }[]
  readonly total: { readonly amount: number }
}

/** The shop as it is seen from outside. */
export interface Seen {
  /** Order ids, as they were promised for each request. */
  readonly promised: readonly string[]
  readonly orders: readonly SeenOrder[]
  readonly products: readonly {
    readonly productId: number
    /** All that was ever stocked. */
    readonly stocked: number
    readonly stock: { readonly onHand: number; readonly reserved: number; readonly sold: number }
  }[]
  /** The payment provider's own record. */
  readonly book: readonly Omit<BookEntry, 'at'>[]
  readonly ledger: {
    readonly sum: number
    readonly movements: readonly { readonly key: string; readonly kind: string; readonly amount: number }[]
  }
  readonly told: readonly Told[]
  /** Events that are set aside. */
  readonly parked: readonly string[]
}

const shownMax = 10

/** What must always hold; each gives what breaks it. */
export const invariants: Readonly<Record<string, (seen: Seen) => readonly string[]>> = {
  'each request is one order, and every promised order is there': ({ promised, orders }) => [
    ...repeated(promised).map((id) => `${id} was promised for two requests`),
    ...missing(promised, orders.map(idOf)).map((id) => `${id} was promised and is lost`),
    ...missing(orders.map(idOf), promised).map((id) => `${id} was never promised`),
  ],

  'every order has ended': ({ orders }) =>
    orders
      .filter(({ status }) => status !== 'CONFIRMED' && status !== 'CANCELLED')
      .map(({ orderId, status }) => `${orderId} is ${status}`),

  'stock is conserved': ({ products, orders }) =>
    products.flatMap(({ productId, stocked, stock: { onHand, reserved, sold } }) => {
      const confirmed = orders
        .filter(({ status }) => status === 'CONFIRMED')
        .flatMap(({ items }) => items.filter((item) => item.productId === productId))
        .reduce((sum, { quantity }) => sum + quantity, 0)
      const right = reserved === 0 && onHand >= 0 && sold === confirmed && onHand + sold === stocked
      const counters = JSON.stringify({ onHand, reserved, sold })
      return right
        ? []
        : [`product ${productId}: ${counters} of ${stocked}, ${confirmed} in confirmed orders`]
    }),

  'money fits the orders': ({ orders, book }) => {
    const byOrder = Map.groupBy(book, ({ reference }) => reference)
    return orders.flatMap(({ orderId, status, total }) => {
      const moved = (byOrder.get(orderId) ?? []).filter((line) => line.status === 'succeeded')
      const sum = (kind: string): number =>
        moved.filter((line) => line.kind === kind).reduce((all, { amount }) => all + amount.amount, 0)
      const [charged, refunded] = [sum('charge'), sum('refund')]
      const right = status === 'CONFIRMED' ? charged === total.amount && refunded === 0 : charged === refunded
      return right
        ? []
        : [`${orderId} is ${status}: charged ${charged}, refunded ${refunded} of ${total.amount}`]
    })
  },

  'an order is charged once, and refunded once': ({ book }) =>
    [...Map.groupBy(book, ({ reference, kind }) => `${reference}: ${kind}`)]
      .filter(([, lines]) => lines.length > 1)
      .map(([what, lines]) => `${what} ${lines.length} times`),

  "the ledger is the provider's book, and sums to zero": ({ ledger, book }) => {
    const line = (key: string, kind: string, amount: number): string => `${kind} ${key} of ${amount}`
    const ours = ledger.movements.map(({ key, kind, amount }) => line(key, kind, amount))
    const theirs = book
      .filter(({ status }) => status === 'succeeded')
      .map(({ key, kind, amount }) => line(key, kind, amount.amount))
    return [
      ...(ledger.sum === 0 ? [] : [`the ledger sums to ${ledger.sum}`]),
      ...repeated(ours).map((entry) => `${entry} is in the ledger twice`),
      ...missing(theirs, ours).map((entry) => `${entry} is not in the ledger`),
      ...missing(ours, theirs).map((entry) => `${entry} is not in the provider's book`),
    ]
  },

  'each outcome is told once': ({ orders, told }) => {
    const byOrder = Map.groupBy(told, ({ orderId }) => orderId)
    return orders.flatMap(({ orderId, status }) => {
      const statuses = (byOrder.get(orderId) ?? []).map((one) => one.status)
      // A confirmed order may be cancelled afterwards: then its customer hears of both.
      const right =
        statuses.filter((one) => one === status).length === 1 &&
        statuses.filter((one) => one !== status).length <= (status === 'CANCELLED' ? 1 : 0)
      return right ? [] : [`${orderId} is ${status}, told: ${statuses.join(', ') || 'nothing'}`]
    })
  },

  'nothing is set aside': ({ parked }) => parked,
}

/** What breaks any invariant, each fault with the invariant's name; of many of one kind only the first few. */
export function faultsOf(seen: Seen): string[] {
  return Object.entries(invariants).flatMap(([name, check]) =>
    firstFew(check(seen).map((fault) => `${name}: ${fault}`)),
  )
}

/** Nobody reads a thousand faults of one kind. */
export function firstFew(faults: readonly string[]): string[] {
  const more = faults.length - shownMax
  return more > 0 ? [...faults.slice(0, shownMax), `… and ${more} more like these`] : [...faults]
}

function idOf({ orderId }: SeenOrder): string {
  return orderId
}

function missing(wanted: readonly string[], there: readonly string[]): string[] {
  const found = new Set(there)
  return wanted.filter((one) => !found.has(one))
}

function repeated(all: readonly string[]): string[] {
  const seen = new Set<string>()
  return all.filter((one) => seen.size === seen.add(one).size)
}

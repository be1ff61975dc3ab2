import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '@waybill/core'

export const productCount = 1_000
export const stockOfEach = 1_000_000_000
export const price = 1_500

/**
 * What one confirmed order leaves in the services' histories: OrderCreated (order; observed by notification),
 * StockReserved (product; observed by order), PaymentCompleted (payment; observed by order), StockSold (product),
 * NotificationEvent (notification).
 */
const eventsOfAnOrder = 8
/** Those of them that have a topic, each once: observed events and StockSold have none. */
export const publishedOfAnOrder = 4

const patienceMs = 30_000

/** Where the books are read. */
export interface Books {
  /** Of the products that the benchmark has put on sale. */
  stocks(): Promise<readonly { readonly onHand: number; readonly reserved: number; readonly sold: number }[]>
  ledger(): Promise<Ledger>
  /** Rows in the event tables of the services that an order goes through. */
  eventsStored(): Promise<number>
}

/** As much of the answer of the shop's ledger as counts. */
export interface Ledger {
  readonly sum: { readonly amount: number }
  readonly balances: readonly { readonly account: string; readonly balance: { readonly amount: number } }[]
}

/**
 * Waits until all is done, then compares stock, the provider's book and the notifications; throws if they differ.
 * @param expected.events rows in the event tables before the first order
 */
export async function checkBooks(
  books: Books,
  { orders, pieces, eventsBefore }: { orders: number; pieces: number; eventsBefore: number },
): Promise<void> {
  const expected = {
    onHand: productCount * stockOfEach - orders * pieces,
    sold: orders * pieces,
    reserved: 0,
    sum: 0,
    paid: orders * pieces * price,
    events: orders * eventsOfAnOrder,
  }
  for (const until = performance.now() + patienceMs; ; await pause(100)) {
    const found = await readBooks(books, eventsBefore)
    try {
      assert.deepEqual(found, expected, 'the books are wrong')
      return
    } catch (error) {
      if (performance.now() > until) throw error
    }
  }
}

async function readBooks(books: Books, eventsBefore: number): Promise<object> {
  const stocks = await books.stocks()
  const total = (part: 'onHand' | 'reserved' | 'sold'): number =>
    stocks.reduce((sum, stock) => sum + stock[part], 0)
  const { sum, balances } = await books.ledger()
  const provider = balances.find(({ account }) => account === 'payment-provider')
  return {
    onHand: total('onHand'),
    sold: total('sold'),
    reserved: total('reserved'),
    sum: sum.amount,
    paid: provider?.balance.amount ?? 0,
    events: (await books.eventsStored()) - eventsBefore,
  }
}

/** Events in these services' logs, without logins: they are no part of an order. */
export async function eventsIn(stores: Iterable<Store>): Promise<number> {
  const services = [...stores].filter(({ service }) => service !== 'user')
  const ends = await Promise.all(services.map(endOf))
  return ends.reduce((sum, end) => sum + end, 0)
}

/** The position of the last event in a service's log. */
async function endOf(store: Store): Promise<number> {
  for (let page = await store.published(0, [], 1); ; page = await store.published(page.upTo, [], 1)) {
    if (page.atEnd) return page.upTo
  }
}

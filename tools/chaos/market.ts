import { randomUUID } from 'node:crypto'
import { call, type Send } from '@waybill/cli/testing'
import { type Customer, signUp } from './customer.ts'
import { insist } from './insist.ts'
import { listen, type Listener } from './listener.ts'

/** Whoever and whatever is in the shop because of this run. */
export interface Market {
  readonly address: string
  /** To the shop, and to its admin port, as an administrator. */
  readonly admin: Send
  readonly console: Send
  /** How much was stocked, by product. */
  readonly stocked: ReadonlyMap<number, number>
  readonly customers: readonly Customer[]
  readonly listeners: readonly Listener[]
  /** No more is bought; those customers come who have not listened yet. */
  endShopping(): Promise<void>
  close(): Promise<void>
}

const customerCount = 8
/** The last one runs out. */
const products = [
  { name: 'Notebook', price: 1_500, stock: 1_000_000 },
  { name: 'Fountain pen', price: 32_000, stock: 1_000_000 },
  { name: 'Desk lamp', price: 58_000, stock: 500 },
]

/**
 * Puts products on sale and lets customers in, who buy until `endShopping`. Half of them listen to their notifications
 * all the time, the others come for theirs at the end.
 */
export async function openMarket(
  { address, adminAddress }: { address: string; adminAddress: string },
  random: () => number,
  accepted: () => void,
): Promise<Market> {
  const account = { email: 'admin@example.com', password: 'admin-password' }
  const { accessToken: token } = (await insist(address, 'POST /api/auth/login', { json: account })).body
  const stocked = new Map<number, number>()
  for (const product of products) {
    const headers = { 'idempotency-key': randomUUID() }
    const { body } = await insist(address, 'POST /api/products', { token, headers, json: product })
    stocked.set(body.productId, product.stock)
  }
  const customers = await Promise.all(
    Array.from({ length: customerCount }, () => signUp(address, [...stocked.keys()], random, accepted)),
  )
  const listeners: Listener[] = []
  const hear = (some: readonly Customer[]): void => {
    listeners.push(...some.map((customer) => listen(address, customer.token)))
  }
  hear(customers.slice(customerCount / 2))
  for (const customer of customers) customer.shop()

  return {
    address,
    admin: (request, how) => call(address, request, { token, ...how }),
    console: (request, how) => call(adminAddress, request, { token, ...how }),
    stocked,
    customers,
    listeners,
    async endShopping() {
      await Promise.all(customers.map((customer) => customer.stop()))
      hear(customers.slice(0, customerCount / 2))
    },
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()))
    },
  }
}

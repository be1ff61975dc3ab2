import { randomUUID } from 'node:crypto'
import { insist } from '../insist.ts'
import { listen, type Listener } from '../listener.ts'

/** What is on sale and who buys. */
export interface Market {
  /** How much was stocked, by product. */
  readonly stocked: ReadonlyMap<number, number>
  /** Access tokens of all who buy. */
  readonly tokens: readonly string[]
  /** Some of them hear their notifications all the time, by user id. */
  readonly listeners: ReadonlyMap<string, Listener>
}

/** Of one address, no more than twenty are let in a minute. */
const customerCount = 18
const listenerCount = 2
const plenty = 1_000_000
/** The last one runs out. */
const stocks = [...Array.from({ length: 9 }, () => plenty), 500]

export async function openMarket(address: string): Promise<Market> {
  const account = { email: 'admin@example.com', password: 'admin-password' }
  const { accessToken: token } = (await insist(address, 'POST /api/auth/login', { json: account })).body
  const stocked = new Map<number, number>()
  for (const [n, stock] of stocks.entries()) {
    const headers = { 'idempotency-key': randomUUID() }
    const json = { name: `Product ${n + 1}`, price: 1_000 * (n + 1), stock }
    const { body } = await insist(address, 'POST /api/products', { token, headers, json })
    stocked.set(body.productId, stock)
  }
  const customers = await Promise.all(Array.from({ length: customerCount }, () => signUp(address)))
  return {
    stocked,
    tokens: customers.map((customer) => customer.token),
    listeners: new Map(
      customers
        .slice(0, listenerCount)
        .map(({ userId, token: own }) => [userId, listen(address, own)] as const),
    ),
  }
}

async function signUp(address: string): Promise<{ userId: string; token: string }> {
  const account = { email: `${randomUUID()}@example.com`, password: 'a good password', name: 'Kim' }
  const { userId } = (await insist(address, 'POST /api/auth/register', { json: account })).body
  const { accessToken } = (await insist(address, 'POST /api/auth/login', { json: account })).body
  return { userId, token: accessToken }
}

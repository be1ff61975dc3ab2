import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import type { Answer } from '@waybill/cli/testing'
import { insist } from './insist.ts'

/** Someone who buys and cancels, and remembers what the shop has promised. */
export interface Customer {
  readonly userId: string
  readonly token: string
  /** The order that was promised for each Idempotency-Key. */
  readonly promised: ReadonlyMap<string, string>
  /** Answers that should not be: every request here is a good one. */
  readonly complaints: readonly string[]
  /** Buys until `stop` is called. */
  shop(): void
  /** Resolves when the last request has been answered. */
  stop(): Promise<void>
}

/** What to pay with; more often what is there more often. */
const tokens = [
  ...Array.from({ length: 8 }, () => 'tok_ok'),
  'tok_slow_50',
  'tok_slow_100',
  'tok_slow_200',
  'tok_slow_400',
  'tok_flaky_1',
  'tok_flaky_1',
  'tok_flaky_2',
  'tok_declined',
  'tok_declined',
  'tok_insufficient_funds',
  'tok_silent',
]
const cancelledShare = 0.25
const cancelledWithinMs = 600
const pauseMs = 150

/**
 * Signs up.
 * @param productIds to choose from
 * @param random what to buy and when; from 0 up to and without 1
 * @param accepted called for every order that the shop accepts
 */
export async function signUp(
  address: string,
  productIds: readonly number[],
  random: () => number,
  accepted: () => void,
): Promise<Customer> {
  const account = { email: `${randomUUID()}@example.com`, password: 'a good password', name: 'Kim' }
  const registered = await insist(address, 'POST /api/auth/register', { json: account })
  const { userId } = registered.body
  const { accessToken: token } = (await insist(address, 'POST /api/auth/login', { json: account })).body
  const promised = new Map<string, string>()
  const complaints: string[] = []
  const below = (max: number): number => Math.floor(random() * max)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!
  const post = (request: string, key: string, json: object): Promise<Answer> =>
    insist(address, request, { token, json, headers: { 'idempotency-key': key } })

  let shopping = false
  const errands: Promise<void>[] = []
  /** What goes wrong on an errand is thrown when the customer stops. */
  const begin = (errand: Promise<void>): void => {
    errand.catch(() => {})
    errands.push(errand)
  }

  async function run(): Promise<void> {
    while (shopping) {
      const orderId = await buy()
      if (orderId !== undefined && random() < cancelledShare) begin(cancel(orderId))
      await sleep(below(pauseMs))
    }
  }

  async function buy(): Promise<string | undefined> {
    const first = pick(productIds)
    const others = productIds.filter((id) => id !== first && random() < 0.3)
    const key = randomUUID()
    const { status, body } = await post('POST /api/orders', key, {
      orderItems: [first, ...others].map((productId) => ({ productId, quantity: 1 + below(3) })),
      shippingAddress: '12 Market Street',
      paymentMethod: 'CREDIT_CARD',
      paymentToken: pick(tokens),
    })
    if (status !== 201) {
      complaints.push(`an order was answered with ${status} ${JSON.stringify(body)}`)
      return undefined
    }
    promised.set(key, body.orderId)
    accepted()
    return body.orderId
  }

  async function cancel(orderId: string): Promise<void> {
    await sleep(below(cancelledWithinMs))
    const { status, body } = await post(`POST /api/orders/${orderId}/cancel`, randomUUID(), {})
    // It may have been cancelled already, for a reason of its own.
    if (status !== 202 && body.code !== 'ALREADY_CANCELLED') {
      complaints.push(`a cancellation was answered with ${status} ${JSON.stringify(body)}`)
    }
  }

  return {
    userId,
    token,
    promised,
    complaints,
    shop() {
      shopping = true
      begin(run())
    },
    async stop() {
      shopping = false
      // The first errand is the shopping itself, which may yet begin others.
      await errands[0]
      await Promise.all(errands)
    },
  }
}

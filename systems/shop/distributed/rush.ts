import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@waybill/cli/testing'
import type { Customer, Shop } from '../stories/meet-shop.ts'
import { orderOf } from '../stories/orders.ts'

/** Someone who orders again and again, one piece of the same product each time. */
export interface Rush {
  readonly customer: Customer
  readonly productId: number
  readonly stocked: number
  /** The orders that were accepted so far. */
  readonly orderIds: readonly string[]
  /** Resolves when so many more have been accepted. */
  more(orders: number): Promise<void>
  /** So many more are ordered all at once. Resolves when the last one has been accepted. */
  crowd(orders: number): Promise<void>
  /** Resolves when the last order has been accepted. */
  stop(): Promise<void>
}

/** Most go well; what fails must leave nothing behind. */
const tokens = ['tok_ok', 'tok_slow_50', 'tok_ok', 'tok_declined', 'tok_ok', 'tok_flaky_1']
const hands = 2
const pauseMs = 80
const answerMs = 10_000
/** Until a process that was killed is back, on a machine that is busy. */
const patienceMs = 90_000

/**
 * Begins to order, about twenty times a second where the shop is quick enough, and goes on until `stop`, or until the
 * test ends.
 */
export async function rush(shop: Shop, test: TestContext): Promise<Rush> {
  const stocked = 100_000
  const productId = await shop.stock(stocked)
  const customer = await shop.signUp()
  const orderIds: string[] = []
  let open = true

  async function order(n: number): Promise<void> {
    orderIds.push(await insist(customer, orderOf(productId, 1, tokens[n % tokens.length])))
  }

  async function goOn(hand: number): Promise<void> {
    for (let n = hand; open; n += 1) {
      await order(n)
      await sleep(pauseMs)
    }
  }

  test.after(() => (open = false))
  const ordering = Promise.all(Array.from({ length: hands }, (_, hand) => goOn(hand)))
  // What goes wrong is thrown by `stop`.
  ordering.catch(() => {})
  return {
    customer,
    productId,
    stocked,
    orderIds,
    more(orders) {
      const wanted = orderIds.length + orders
      return eventually(async () => assert.ok(orderIds.length >= wanted), { withinMs: patienceMs })
    },
    async crowd(orders) {
      await Promise.all(Array.from({ length: orders }, (_, n) => order(n)))
    },
    async stop() {
      open = false
      await ordering
    },
  }
}

/**
 * Sends an order again and again until it is accepted: always with the same key, since the answer that was lost may have
 * been a yes.
 */
function insist({ send }: Customer, json: object): Promise<string> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  return eventually(
    async () => {
      const signal = AbortSignal.timeout(answerMs)
      const { status, body } = await send('POST /api/orders', { json, headers, signal })
      if (status !== 201) throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`)
      return body.orderId as string
    },
    { withinMs: patienceMs, everyMs: 100 },
  )
}

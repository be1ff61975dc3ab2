import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@waybill/testing'
import { type Bought, type LoadOptions, now, type Span, type ToLoad } from './load-process.ts'
import { post, type Posted } from './post.ts'

/*
 * An open load, in a process of its own: orders are sent when they are due, however slow the answers are, and again with
 * the same Idempotency-Key until they are accepted. Times count from when an order was due.
 */

/** What to pay with; more often what is there more often. */
const paymentTokens = [
  ...Array.from({ length: 16 }, () => 'tok_ok'),
  'tok_slow_100',
  'tok_flaky_1',
  'tok_declined',
  'tok_insufficient_funds',
]
const cancelledShare = 0.1
const cancelledWithinMs = 600
/** After the last order, for all that is in hand. */
const patienceMs = 60_000
const pauseMs = { first: 100, max: 2_000 }

/** By order, in the order in which they are due. */
const dueAt: number[] = []
const acceptedAt: (number | undefined)[] = []
const orderIds: (string | undefined)[] = []
const complaints: string[] = []
const errands = new Set<Promise<void>>()
let buying = false

process.on('message', (message: ToLoad) => {
  if (message.kind === 'begin') void buy(message.options)
  else if (message.kind === 'span') process.send!(spanOf(message.from, message.to))
  else void end().then((bought) => process.send!(bought))
})
process.once('disconnect', () => process.exit())

async function buy({ address, perSecond, seed, productIds, tokens }: LoadOptions): Promise<void> {
  const random = seededRandom(seed)
  const below = (max: number): number => Math.floor(random() * max)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!

  /** Sends it until it is answered for good. */
  async function insist(path: string, token: string, body: object): Promise<Posted> {
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() }
    for (let pause = pauseMs.first; ; pause = Math.min(2 * pause, pauseMs.max)) {
      const answer = await post(address + path, headers, body).catch(() => undefined)
      if (answer !== undefined && answer.status !== 503) return answer
      // Not all that were refused together come again together.
      await sleep(pause * (0.5 + Math.random()))
    }
  }

  async function order(n: number, body: object, cancelAfterMs: number | undefined): Promise<void> {
    const token = tokens[n % tokens.length]!
    const { status, body: answer } = await insist('/api/orders', token, body)
    if (status !== 201) {
      complaints.push(`an order was answered with ${status} ${JSON.stringify(answer)}`)
      return
    }
    acceptedAt[n] = now()
    orderIds[n] = answer.orderId
    if (cancelAfterMs === undefined) return
    await sleep(cancelAfterMs)
    const cancelled = await insist(`/api/orders/${answer.orderId}/cancel`, token, {})
    // It may have been cancelled already, for a reason of its own.
    if (cancelled.status !== 202 && cancelled.body.code !== 'ALREADY_CANCELLED') {
      complaints.push(
        `a cancellation was answered with ${cancelled.status} ${JSON.stringify(cancelled.body)}`,
      )
    }
  }

  function basket(): object {
    const [first, second] = [pick(productIds), pick(productIds)]
    const chosen = second === first || random() < 0.5 ? [first] : [first, second]
    return {
      orderItems: chosen.map((productId) => ({ productId, quantity: 1 + below(3) })),
      shippingAddress: '12 Market Street',
      paymentMethod: 'CREDIT_CARD',
      paymentToken: pick(paymentTokens),
    }
  }

  buying = true
  const begin = now()
  for (let n = 0; buying; n += 1) {
    const due = begin + (n * 1_000) / perSecond
    while (due > now()) await sleep(1)
    dueAt.push(due)
    const errand = order(n, basket(), random() < cancelledShare ? below(cancelledWithinMs) : undefined)
    errands.add(errand)
    void errand.then(() => errands.delete(errand))
  }
}

function spanOf(from: number, to: number): Span {
  const at = now()
  const first = dueAt.findIndex((due) => due >= from)
  const orders = dueAt.flatMap((due, n) => (n >= first && due >= from && due < to ? [n] : []))
  const accepted = orders.flatMap((n) => acceptedAt[n] ?? [])
  const took = orders.map((n) => (acceptedAt[n] ?? at) - dueAt[n]!).toSorted((a, b) => a - b)
  const quantile = (share: number): number => took[Math.floor(share * (took.length - 1))] ?? 0
  return {
    due: orders.length,
    accepted: accepted.length,
    p50: quantile(0.5),
    p99: quantile(0.99),
    firstAcceptedAt: accepted.length === 0 ? null : accepted.reduce((a, b) => Math.min(a, b)),
  }
}

async function end(): Promise<Bought> {
  buying = false
  for (const until = now() + patienceMs; errands.size > 0 && now() < until;) await sleep(50)
  if (errands.size > 0) complaints.push(`${errands.size} requests are not answered for good`)
  return { due: dueAt.length, promised: orderIds.filter((id) => id !== undefined), complaints }
}

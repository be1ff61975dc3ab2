import { setTimeout as sleep } from 'node:timers/promises'
import { startShop } from '@waybill/cli/testing'
import { startKafka, startPostgres, startRedis, startRegistry } from '@waybill/servers'
import { seededRandom } from '@waybill/testing'
import { firstFew } from '../invariants.ts'
import { judge, type Verdict } from '../judge.ts'
import { type Books, openBooks } from './books.ts'
import { compareOrder, type KeyOrder } from './key-order.ts'
import { now, startLoad } from './load-process.ts'
import { type Market, openMarket } from './market.ts'
import { startPace } from './pace.ts'
import { planOf } from './plan.ts'
import { openTopics } from './topics.ts'
import { createWitness, type Disturbance } from './witness.ts'

/** What the run tells as it goes. */
export interface Told {
  /** Orders that are due a second, and how many flows end while nothing is done to the shop. */
  began(usual: number): void
  disturbed(disturbance: Disturbance): void
  compared(topic: string, order: KeyOrder): void
}

/** Requests of a customer: more than there are, so that they are counted in Redis and never refused. */
const perMinuteMax = 1_000_000
const warmUpMs = 5_000
const usualMs = 10_000
const endsMs = 120_000
const publishedMs = 30_000

/**
 * Runs the shop as seven processes on real servers under an open load, does to it what the plan says, and then looks
 * whether all is as it must be.
 * @param options.seconds so long the load lasts, at least; the plan is cut to fit
 * @param options.perSecond orders
 */
export async function runDistributedChaos(options: {
  seconds: number
  perSecond: number
  seed: number
  told: Told
}): Promise<Verdict> {
  const { seconds, perSecond, seed, told } = options
  const end: (() => Promise<unknown> | void)[] = []
  try {
    const started = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
      const server = await starting
      end.push(() => server.stop())
      return server
    }
    const kafka = await started(startKafka())
    const postgres = await started(startPostgres())
    const registry = await started(startRegistry())
    const redis = await started(startRedis())
    const env = {
      WAYBILL_STORE: postgres.url,
      WAYBILL_LOG: `kafka://${kafka.address}`,
      WAYBILL_REGISTRY: registry.address,
      WAYBILL_REDIS: redis.address,
      WAYBILL_RATE_LIMIT: String(perMinuteMax),
    }
    const shop = await started(startShop({ env }))
    const books = openBooks(postgres.url)
    end.push(() => books.close())
    const market = await openMarket(shop.address)
    const pace = startPace(books)
    end.push(() => pace.stop())
    const { stocked, tokens } = market
    const productIds = [...stocked.keys()]
    const load = startLoad({ address: shop.address, perSecond, seed, productIds, tokens })
    end.push(() => load.kill())
    const began = now()
    const broken: string[] = []

    await sleep(warmUpMs + usualMs)
    // Each order ends, so that less would be no usual pace.
    const usual = Math.max(perSecond, pace.rate(now() - usualMs, now()))
    told.began(usual)
    const witness = createWitness({
      load,
      pace,
      usual,
      began,
      told: (disturbance) => {
        broken.push(...disturbance.broken.map((fault) => `${disturbance.what}: ${fault}`))
        told.disturbed(disturbance)
      },
    })
    const secondsLeft = (): number => seconds - (now() - began) / 1_000
    for (const fault of planOf(seededRandom(seed), secondsLeft())) {
      await fault.run({ kafka, postgres, registry, redis, shop }, witness)
      for (const process of shop.processes.values()) {
        const failure = process.failure()
        if (failure === undefined) continue
        broken.push(`${failure}:\n${process.lastWords()}`)
        process.start()
      }
    }
    await sleep(Math.max(0, secondsLeft() * 1_000))
    const { promised, complaints } = await load.end()

    const verdict = await judge(() => books.see(promised, stocked), endsMs)
    broken.push(...firstFew(complaints), ...verdict.broken)
    broken.push(...firstFew(await unheard(market, books)))
    broken.push(...(await unordered(kafka.address, books, told)))
    broken.push(...(await shop.stop()))
    return { ...verdict, broken }
  } finally {
    for (const step of end.toReversed()) await step()
  }
}

/** Notifications that should have come over their user's WebSocket and have not. */
async function unheard({ listeners }: Market, books: Books): Promise<string[]> {
  const told = await books.told()
  const deadline = now() + publishedMs
  const missing = (): string[] =>
    told
      .filter(({ userId, notificationId }) => listeners.get(userId)?.heard.has(notificationId) === false)
      .map(({ notificationId, userId }) => `notification ${notificationId} has not reached ${userId}`)
  while (missing().length > 0 && now() < deadline) await sleep(500)
  await Promise.all([...listeners.values()].map((listener) => listener.close()))
  return missing()
}

/** What is wrong with the topics; what was committed last may have yet to be published. */
async function unordered(broker: string, books: Books, told: Told): Promise<string[]> {
  const deadline = now() + publishedMs
  const committed = await books.committed()
  const topics = openTopics(broker)
  try {
    const broken: string[] = []
    for (const topic of new Set([...committed.keys(), ...(await topics.names())])) {
      let order = compareOrder(committed.get(topic) ?? [], await topics.read(topic))
      while (order.faults.length > 0 && now() < deadline) {
        await sleep(1_000)
        order = compareOrder(committed.get(topic) ?? [], await topics.read(topic))
      }
      told.compared(topic, order)
      broken.push(...firstFew(order.faults.map((fault) => `topic ${topic}: ${fault}`)))
    }
    return broken
  } finally {
    await topics.close()
  }
}

import { messageOf } from '@waybill/core'
import type { FastifyBaseLogger } from 'fastify'
import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { Counts } from './counts.ts'

/** So long a request waits for Redis; then it is counted here. */
const patienceMs = 75
/** A connection that is silent for so long, although an answer is due, is given up. */
const silentMs = 500
const connectMs = 1_000
const againMs = 500

/**
 * Connects to Redis, where the gateways of a system count together. That it cannot be reached is no error: until it can, this process counts for itself. To refuse
 * requests would let Redis stop the orders; to count nothing would open the login to whoever guesses passwords.
 * @param options.address `redis://…`, never logged: it may hold a password
 * @param options.system whose requests are counted
 * @param options.meanwhile counts while Redis is away
 * @param options.seconds how long a key is counted from its first request on
 */
export async function shareCounts(options: {
  address: string
  system: string
  seconds: number
  meanwhile: Counts
  logger: FastifyBaseLogger
}): Promise<Counts> {
  const { address, system, seconds, meanwhile, logger } = options
  const redis = new Redis(address, {
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: patienceMs,
    socketTimeout: silentMs,
    retryStrategy: () => againMs,
    // What Redis did not count was counted here: sent again later, it would count twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  tellOnce(redis, logger)
  await redis.connect().catch(() => {})

  const limiter = new RateLimiterRedis({
    points: 1,
    duration: seconds,
    storeClient: redis,
    keyPrefix: `waybill/${system}/requests`,
    rejectIfRedisNotReady: true,
  })
  return {
    count: (key) =>
      limiter.penalty(key).then(
        ({ consumedPoints, msBeforeNext }) => ({ current: consumedPoints, ttl: msBeforeNext }),
        () => meanwhile.count(key),
      ),
    close() {
      redis.removeAllListeners('close')
      redis.disconnect()
    },
  }
}

/** Says once that Redis is away, and once that it is back. */
function tellOnce(redis: Redis, logger: FastifyBaseLogger): void {
  let away = false
  let cause = 'it hung up'
  redis.on('error', (error) => (cause = messageOf(error)))
  redis.on('close', () => {
    if (!away) logger.warn({ cause }, 'Redis is away: this process counts requests for itself')
    away = true
  })
  redis.on('ready', () => {
    if (away) logger.info('Redis is back: the gateways count requests together')
    away = false
  })
}

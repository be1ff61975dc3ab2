import { messageOf } from '@waybill/core'
import type { FastifyBaseLogger } from 'fastify'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'

/** What the gateways of a system count together, in Redis. While it is away, each counts for itself. */
export interface SharedCounts {
  /**
   * Counts a request.
   * @returns how many there were since the first of this key, and for how many milliseconds this still goes on
   */
  count(key: string): Promise<{ readonly current: number; readonly ttl: number }>
  /** Hangs up. */
  close(): void
}

/** So long a request waits for Redis; then it is counted here. */
const patienceMs = 75
/** A connection that is silent for so long, although an answer is due, is given up. */
const silentMs = 500
const connectMs = 1_000
const againMs = 500

/**
 * Connects to Redis. That it cannot be reached is no error: until it can, this process counts for itself. To refuse
 * requests would let Redis stop the orders; to count nothing would open the login to whoever guesses passwords.
 * @param options.address `redis://…`, never logged: it may hold a password
 * @param options.system whose requests are counted
 * @param options.seconds how long a key is counted from its first request on
 */
export async function shareCounts(options: {
  address: string
  system: string
  seconds: number
  logger: FastifyBaseLogger
}): Promise<SharedCounts> {
  const { address, system, seconds, logger } = options
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

  const window = { points: 1, duration: seconds }
  const limiter = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    keyPrefix: `waybill/${system}/requests`,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(window),
  })
  return {
    async count(key) {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key)
      return { current: consumedPoints, ttl: msBeforeNext }
    },
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

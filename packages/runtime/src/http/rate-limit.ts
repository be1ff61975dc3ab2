import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { systemClock } from '../clock.ts'
import type { Counts } from './counts.ts'
import { localCounts } from './local-counts.ts'
import { HttpProblem } from './problem.ts'
import { shareCounts } from './shared-counts.ts'

const windowSeconds = 60

/**
 * Limits requests a minute: of a user, if we know one, else of an IP address. Routes may have limits of their own.
 * @param options.perMinute 0: no limit but those of routes
 * @param options.redis where all gateways of this system count; `undefined`: each for itself
 */
export async function limitRates(
  http: FastifyInstance,
  options: { perMinute: number; redis: string | undefined; system: string },
): Promise<void> {
  const { perMinute, redis, system } = options
  const own = localCounts(windowSeconds, systemClock)
  const counts =
    redis === undefined
      ? own
      : await shareCounts({
          address: redis,
          system,
          seconds: windowSeconds,
          meanwhile: own,
          logger: http.log,
        })
  http.addHook('onClose', async () => counts.close())
  await http.register(rateLimit, {
    global: perMinute > 0,
    max: perMinute,
    timeWindow: windowSeconds * 1_000,
    enableDraftSpec: true,
    keyGenerator: (request) => request.caller?.userId ?? addressOf(request),
    errorResponseBuilder: () => new HttpProblem('RATE_LIMITED'),
    store: storeOn(counts),
  })
  // Looking for addresses that do not exist counts, too.
  http.setNotFoundHandler(perMinute > 0 ? { preHandler: http.rateLimit() } : {}, () => {
    throw new HttpProblem('NOT_FOUND')
  })
}

/** The network address that a request counts for: of IPv6 the part that one customer has. */
export function addressOf(request: FastifyRequest): string {
  return rateLimit.normalizeIP(request.ip)
}

function storeOn(counts: Counts): new () => FastifyRateLimitStore {
  return class implements FastifyRateLimitStore {
    incr(...[key, done]: Parameters<FastifyRateLimitStore['incr']>): void {
      counts.count(key).then((counted) => done(null, counted), done)
    }
    /** A route with a limit of its own has keys of its own. */
    child(): FastifyRateLimitStore {
      return this
    }
  }
}

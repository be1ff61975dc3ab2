import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpProblem } from './problem.ts'

/**
 * Limits requests a minute: of a user, if we know one, else of an IP address. Routes may have limits of their own.
 * @param perMinute 0: no limit but those of routes
 */
export async function limitRates(http: FastifyInstance, perMinute: number): Promise<void> {
  await http.register(rateLimit, {
    global: perMinute > 0,
    max: perMinute,
    timeWindow: 60_000,
    enableDraftSpec: true,
    keyGenerator: (request) => request.caller?.userId ?? addressOf(request),
    errorResponseBuilder: () => new HttpProblem('RATE_LIMITED'),
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

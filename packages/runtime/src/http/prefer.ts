import type { FastifyRequest } from 'fastify'

const longestWaitSeconds = 30

/** How long a caller is ready to wait (RFC 7240), in milliseconds; `undefined`: not said, or not understood. */
export function waitOf(request: FastifyRequest): number | undefined {
  const preferences = request.headers['prefer']
  if (preferences === undefined) return undefined
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d+)"?\s*(?:$|[,;])/i.exec(String(preferences)) ?? []
  return seconds === undefined ? undefined : Math.min(Number(seconds), longestWaitSeconds) * 1_000
}

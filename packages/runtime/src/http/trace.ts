import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { createIds } from '../ids.ts'

/** Their time is that of the flow's start, by which its duration is measured. */
const ids = createIds()

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const traceContext = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The correlation id of a request: the caller's own, if it is a UUID, else a new one. */
export function correlationIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-correlation-id']
  return typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : ids.newId()
}

/** The caller's W3C trace context, if it is valid. */
export function traceparentOf(request: FastifyRequest): string | undefined {
  const given = request.headers['traceparent']
  return typeof given === 'string' && traceContext.test(given) ? given : undefined
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { requireRole } from '../auth/identity.ts'
import { inputReader } from './input.ts'
import { addressOf } from './rate-limit.ts'
import { fastifyPath, type Route } from './route.ts'

/** One address of the public HTTP interface: what it takes and gives, and how it answers. */
export interface Endpoint {
  /** Unique in a system: `order.place-order`. */
  readonly id: string
  /** What the document says of it; default: its name. */
  readonly summary?: string
  readonly route: Route
  /** The role it takes; `undefined`: anyone. */
  readonly role: string | undefined
  readonly input: TObject
  readonly output: TSchema
  readonly status: 200 | 201 | 202
  /** Request headers that it heeds. */
  readonly heeds: readonly ('Idempotency-Key' | 'Prefer')[]
  /** Statuses it may refuse with beside those that follow from the rest. */
  readonly refuses?: readonly number[]
  /** What is sent as the body; a problem is sent by itself. */
  handle(input: Record<string, unknown>, request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

/**
 * Adds an endpoint to the server.
 * @param perMinute its own rate limit for each IP address; `undefined`: it counts towards the caller's
 */
export function addEndpoint(http: FastifyInstance, endpoint: Endpoint, perMinute?: number): void {
  const read = inputReader(endpoint.route, endpoint.input)
  http.route({
    method: endpoint.route.method,
    url: fastifyPath(endpoint.route),
    // The OpenAPI document is made from the endpoints; the plugin only adds routes it does not know.
    schema: { hide: true },
    config:
      perMinute === undefined
        ? {}
        : {
            rateLimit: {
              max: perMinute,
              keyGenerator: (request) => `${endpoint.id} ${addressOf(request)}`,
            },
          },
    // Before the body is read: a stranger shall not make us parse a megabyte.
    ...(endpoint.role === undefined ? {} : { preParsing: requireRole(endpoint.role) }),
    handler: (request, reply) => {
      const input = read(request)
      reply.code(endpoint.status)
      return endpoint.handle(input, request, reply)
    },
  })
}

import {
  type CommandDef,
  type CommandRoute,
  hasCode,
  messageOf,
  type QueryDef,
  type ServiceClient,
} from '@waybill/core'
import Type from 'typebox'
import { callerOf } from '../auth/identity.ts'
import type { Endpoint } from './endpoint.ts'
import { idempotencyOf } from './idempotency.ts'
import { waitOf } from './prefer.ts'
import { oversized } from './oversized.ts'
import { HttpProblem, problem, sendProblem } from './problem.ts'
import { refusalProblem } from './refusals.ts'
import { parseRoute } from './route.ts'
import { traceparentOf } from './trace.ts'

/**
 * The endpoint of a command.
 * @param queries of the whole system: one of them may tell where a created resource is read
 * @param secret keys the fingerprints of requests
 */
export function commandEndpoint(
  engine: ServiceClient,
  command: CommandDef & { readonly http: CommandRoute },
  queries: readonly QueryDef[],
  secret: string,
): Endpoint {
  const route = parseRoute(command.http)
  const resource = command.status === 201 ? resourceParam(route.path, queries) : undefined
  const posts = route.method === 'POST'
  return {
    id: `${engine.service.name}.${command.name}`,
    route,
    role: command.role,
    input: command.input,
    output: command.output ?? Type.Object({ id: Type.String() }),
    status: command.status,
    heeds: posts ? ['Idempotency-Key', 'Prefer'] : ['Prefer'],
    async handle(input, request, reply) {
      const waitMs = waitOf(request)
      const sent = engine.submit(command, input, {
        caller: callerOf(request),
        correlationId: request.id,
        traceparent: traceparentOf(request),
        idempotency: posts ? idempotencyOf(request, secret) : undefined,
        waitMs,
      })
      const result = await sent.catch((error: unknown) => {
        throw tooLarge(error, input)
      })
      if (result.refused) return sendProblem(reply, refusalProblem(result))
      if (waitMs !== undefined) reply.header('preference-applied', 'wait')
      if (resource !== undefined) {
        const name = (result.reply as Record<string, string | number | undefined>)[resource] ?? result.id
        reply.header('location', `${request.url.split('?', 1)[0]}/${encodeURIComponent(name)}`)
      }
      if (result.replayed) {
        // The flow is that of the first request, and so is its correlation id.
        reply.header('idempotency-replayed', 'true').header('x-correlation-id', result.correlationId)
      }
      return result.reply
    },
  }
}

/** An event of it would have exceeded a size. Where that is not by its input, it is a fault on our side like any other. */
function tooLarge(error: unknown, input: Readonly<Record<string, unknown>>): unknown {
  if (!hasCode(error, 'LIMIT_EXCEEDED')) return error
  const errors = oversized(input)
  return errors.length === 0
    ? error
    : new HttpProblem(problem(422, 'LIMIT_EXCEEDED', messageOf(error), errors))
}

/** The parameter of the query that reads one resource of a collection: `orderId` of `GET /api/orders/{orderId}`. */
function resourceParam(collection: string, queries: readonly QueryDef[]): string | undefined {
  const routes = queries.flatMap(({ http }) => (http === undefined ? [] : parseRoute(http)))
  return routes.find(({ path, params }) => path === `${collection}/{${params.at(-1)}}`)?.params.at(-1)
}

import { type ServiceClient, isRefusal, type QueryDef } from '@waybill/core'
import { callerOf } from '../auth/identity.ts'
import type { Endpoint } from './endpoint.ts'
import { sendProblem } from './problem.ts'
import { refusalProblem } from './refusals.ts'
import { parseRoute } from './route.ts'

/** The endpoint of a query. */
export function queryEndpoint(
  engine: ServiceClient,
  query: QueryDef & { readonly http: `GET /${string}` },
): Endpoint {
  return {
    id: `${engine.service.name}.${query.name}`,
    route: parseRoute(query.http),
    role: query.role,
    input: query.input,
    output: query.output,
    status: 200,
    heeds: [],
    async handle(input, request, reply) {
      const answer = await engine.ask(query, input, callerOf(request))
      return isRefusal(answer) ? sendProblem(reply, refusalProblem(answer)) : answer
    },
  }
}

import { catalogue, type ErrorCode, WaybillError } from '@waybill/core'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type GatewayCode, HttpProblem, problem, type Problem, sendProblem } from './problem.ts'

/** Failures that pass by themselves: the same request may work in a moment. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'OVERLOADED',
  'STOPPING',
  'STORE_UNAVAILABLE',
  'REGISTRY_UNAVAILABLE',
  'EFFECT_FAILED',
  'ASK_FAILED',
  'SERVICE_UNAVAILABLE',
])

/** What Fastify refuses by itself, before a route is asked. */
const refusedByFastify: Readonly<Record<number, GatewayCode>> = {
  400: 'REQUEST_UNREADABLE',
  // The name of no file that is shown here.
  403: 'NOT_FOUND',
  413: 'BODY_TOO_LARGE',
  414: 'REQUEST_UNREADABLE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
}

const retryAfterSeconds = 1

/** Whatever was thrown, as the problem a caller may see. Messages of unexpected errors stay inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpProblem) return error.problem
  if (error instanceof WaybillError) {
    if (passing.has(error.code)) {
      return problem(503, error.code, 'This cannot be done right now, and nothing has happened. Try again.')
    }
    if (error.code === 'IDEMPOTENCY_KEY_REUSED') {
      return problem(422, error.code, catalogue[error.code].help)
    }
  }
  const { code, statusCode } = error as Partial<FastifyError>
  // One with a status is of a caller who has hung up, or was cut off, before the body was there.
  const isOfFastify = code?.startsWith('FST_') || code === 'ECONNRESET'
  const refused = isOfFastify && statusCode !== undefined ? refusedByFastify[statusCode] : undefined
  return new HttpProblem(refused ?? 'INTERNAL_ERROR').problem
}

/** Answers for whatever was thrown, and logs what is not the caller's fault. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = problemOf(error)
  if (answer.status >= 500) {
    const level = answer.status === 503 ? 'warn' : 'error'
    const help = error instanceof WaybillError ? error.help : undefined
    const { id: correlationId, method, routeOptions } = request
    request.log[level]({ err: error, help, correlationId, method, route: routeOptions.url }, 'request failed')
  }
  if (answer.status === 503) reply.header('retry-after', retryAfterSeconds)
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer')
  return sendProblem(reply, answer)
}

import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

/** What is wrong with one field. */
export interface FieldError {
  /** JSON pointer into the input, e.g. `/orderItems/0/quantity`; empty: the input as a whole. */
  readonly pointer: string
  readonly detail: string
}

/** The body of every error answer (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** A literal: of the gateway, of Waybill's catalogue, or of a refusal. */
  readonly code: string
  readonly errors?: readonly FieldError[] | undefined
}

/** Every code that the gateway itself answers with. */
export const gatewayProblems = {
  REQUEST_UNREADABLE: {
    status: 400,
    detail: 'The body is not valid JSON, or nested more than 256 deep, or the address is malformed.',
  },
  IDEMPOTENCY_KEY_INVALID: { status: 400, detail: 'An Idempotency-Key has 1 to 255 characters.' },
  UNAUTHENTICATED: {
    status: 401,
    detail: 'This needs a valid access token: log in and send it as `Authorization: Bearer …`.',
  },
  CREDENTIALS_INVALID: { status: 401, detail: 'E-mail address and password do not belong together.' },
  REFRESH_TOKEN_INVALID: {
    status: 401,
    detail: 'The refresh token is expired, was used before, or is none. Log in again.',
  },
  FORBIDDEN: { status: 403, detail: 'Your account does not have the role that this takes.' },
  NOT_FOUND: { status: 404, detail: 'There is no such address. See /openapi.json for those that exist.' },
  BODY_TOO_LARGE: { status: 413, detail: 'The body is larger than 1 MB.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, detail: 'Send the body as `Content-Type: application/json`.' },
  HOST_FOREIGN: {
    status: 421,
    detail: 'This is a demo for this machine alone: ask for it as localhost or 127.0.0.1.',
  },
  INPUT_INVALID: { status: 422, detail: 'Some fields are wrong or missing; see `errors`.' },
  RATE_LIMITED: { status: 429, detail: 'Too many requests. Wait as long as Retry-After says.' },
  INTERNAL_ERROR: {
    status: 500,
    detail: 'Something is broken on our side. Report it with the X-Correlation-Id of this answer.',
  },
  NOT_READY: { status: 503, detail: 'The store or the log is not reached yet.' },
} as const

export type GatewayCode = keyof typeof gatewayProblems

/** Puts a problem together; its title is that of its status. */
export function problem(
  status: number,
  code: string,
  detail: string,
  errors?: readonly FieldError[],
): Problem {
  return { type: `urn:waybill:problem:${code}`, title: STATUS_CODES[status]!, status, detail, code, errors }
}

function gatewayProblem(code: GatewayCode, errors: readonly FieldError[] | undefined): Problem {
  const { status, detail } = gatewayProblems[code]
  return problem(status, code, detail, errors)
}

/** Thrown where a request cannot go on; the gateway's error handler answers with it. */
export class HttpProblem extends Error {
  readonly problem: Problem

  constructor(what: GatewayCode | Problem, errors?: readonly FieldError[]) {
    const answer = typeof what === 'string' ? gatewayProblem(what, errors) : what
    super(answer.detail)
    this.name = 'HttpProblem'
    this.problem = answer
  }
}

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  return reply
    .code(answer.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(answer))
}

import type { Caller } from '@waybill/core'
import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify'
import { HttpProblem } from '../http/problem.ts'
import type { Tokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it, by their access token; `undefined`: nobody we know. */
    caller: Caller | undefined
  }
}

const anonymous: Caller = { userId: 'anonymous', roles: [] }

/** Finds out for every request who sent it. A token that does not hold is as good as none. */
export function identifyCallers(http: FastifyInstance, tokens: Pick<Tokens, 'readAccess'>): void {
  http.decorateRequest('caller', undefined)
  http.addHook('onRequest', (request, _reply, done) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token !== undefined) request.caller = tokens.readAccess(token)
    done()
  })
}

/** The caller of a request, `anonymous` if it has none. */
export function callerOf(request: FastifyRequest): Caller {
  return request.caller ?? anonymous
}

/** A hook that lets only callers with a role pass. */
export function requireRole(role: string): preParsingHookHandler {
  return (request: FastifyRequest, _reply: FastifyReply, _payload, done) => {
    if (request.caller === undefined) done(new HttpProblem('UNAUTHENTICATED'))
    else if (request.caller.roles.includes(role)) done()
    else done(new HttpProblem('FORBIDDEN'))
  }
}

import { type ServiceClient, invariant } from '@waybill/core'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Endpoint } from '../http/endpoint.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { HttpProblem } from '../http/problem.ts'
import { addressOf } from '../http/rate-limit.ts'
import { parseRoute } from '../http/route.ts'
import { traceparentOf } from '../http/trace.ts'
import { systemClock } from '../clock.ts'
import { Account, accountId, rehashPassword } from './account.ts'
import { isDemoLogin } from './demo.ts'
import { callerOf } from './identity.ts'
import { loginGuard } from './login-guard.ts'
import { hashPassword, isCheap, verifyPassword } from './password.ts'
import { openSession, refreshSession, Session } from './session.ts'
import { accessSeconds, type RefreshClaims, type Tokens } from './tokens.ts'

const TokenPair = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresIn: Type.Integer({ description: 'seconds until the access token expires' }),
})

/** What registration, login and refresh have in common: the limit by IP address is theirs. */
export const authPath = '/api/auth/'

/**
 * Login and refresh. They are no commands of their own, because tokens must not stand in the store; what they change,
 * they change by commands. Registration is an ordinary command.
 * @param options.secret keys the fingerprints of requests
 * @param options.isLimited whether attempts at one account slow each other down
 * @param options.isDemo whether the passwords of demo accounts are good, which everybody knows
 */
export function authEndpoints(
  engine: ServiceClient,
  tokens: Tokens,
  { secret, isLimited, isDemo }: { secret: string; isLimited: boolean; isDemo: boolean },
): readonly Endpoint[] {
  const pair = async (email: string, claims: RefreshClaims): Promise<unknown> => {
    // Read anew each time, so that changed roles hold from the next refresh on.
    const { userId, roles } = await engine.read.entity(Account, email)
    return {
      accessToken: tokens.access({ userId, roles }),
      refreshToken: tokens.refresh(claims),
      expiresIn: accessSeconds,
    }
  }
  const how = (request: FastifyRequest, owner: string): Parameters<ServiceClient['submit']>[2] => ({
    caller: callerOf(request),
    correlationId: request.id,
    traceparent: traceparentOf(request),
    // Who repeats it may have another address by then, or no token that is good.
    idempotency: idempotencyOf(request, secret, owner),
  })
  const guard = loginGuard(systemClock)
  const common = {
    role: undefined,
    output: TokenPair,
    status: 200,
    heeds: ['Idempotency-Key'],
    refuses: [401, 429],
  } as const
  return [
    {
      ...common,
      id: 'user.login',
      route: parseRoute(`POST ${authPath}login`),
      input: Type.Object({
        email: Type.String({ format: 'email', maxLength: 254 }),
        password: Type.String({ maxLength: 200 }),
      }),
      async handle(input, request, reply) {
        const { email: given, password } = input as { email: string; password: string }
        const email = accountId(given)
        const address = addressOf(request)
        const pauseMs = isLimited ? guard.attempt(email, address) : 0
        if (pauseMs > 0) {
          reply.header('retry-after', Math.ceil(pauseMs / 1_000))
          throw new HttpProblem('RATE_LIMITED')
        }
        const { passwordHash } = await engine.read.entity(Account, email)
        const hasPassword = passwordHash !== '' && (isDemo || !isDemoLogin(email, password))
        if (!(await verifyPassword(password, hasPassword ? passwordHash : undefined, address))) {
          throw new HttpProblem('CREDENTIALS_INVALID')
        }
        guard.succeeded(email, address)
        if (isCheap(passwordHash)) {
          // Where that fails, it is done at the next login.
          await hashPassword(password, address)
            .then((dearer) => {
              const rehash = { email, before: passwordHash, passwordHash: dearer }
              return engine.submit(rehashPassword, rehash, { caller: callerOf(request) })
            })
            .catch(() => {})
        }
        const opened = await engine.submit(openSession, { email }, how(request, email))
        invariant(!opened.refused, 'opening a session is never refused')
        return pair(email, { sessionId: opened.reply.sessionId, generation: 0 })
      },
    },
    {
      ...common,
      id: 'user.refresh',
      route: parseRoute(`POST ${authPath}refresh`),
      input: Type.Object({ refreshToken: Type.String({ maxLength: 2_000 }) }),
      async handle(input, request) {
        const claims = tokens.readRefresh((input as { refreshToken: string }).refreshToken)
        if (claims === undefined) throw new HttpProblem('REFRESH_TOKEN_INVALID')
        const refreshed = await engine.submit(refreshSession, claims, how(request, claims.sessionId))
        if (refreshed.refused || !refreshed.reply.open) throw new HttpProblem('REFRESH_TOKEN_INVALID')
        const { sessionId, generation } = claims
        // The answer may be a kept one: what was good then need not be now.
        const now = await engine.read.entity(Session, sessionId)
        if (!now.open || now.generation !== generation + 1) throw new HttpProblem('REFRESH_TOKEN_INVALID')
        return pair(refreshed.reply.email, { sessionId, generation: generation + 1 })
      },
    },
  ]
}

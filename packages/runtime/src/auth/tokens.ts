import jwt from '@fastify/jwt'
import type { Caller } from '@waybill/core'
import type { FastifyInstance } from 'fastify'

/** How long an access token holds. */
export const accessSeconds = 15 * 60
const refreshSeconds = 30 * 24 * 60 * 60

/** What a refresh token stands for: the n-th of a session. */
export interface RefreshClaims {
  readonly sessionId: string
  /** From 0; only the session's latest is good. */
  readonly generation: number
}

/** The tokens of one system. */
export interface Tokens {
  access(caller: Caller): string
  refresh(claims: RefreshClaims): string
  /** `undefined`: it does not hold. */
  readAccess(token: string): Caller | undefined
  readRefresh(token: string): RefreshClaims | undefined
}

/**
 * Makes and reads tokens: JWT with HS256 and nothing else (RFC 8725). The two kinds differ in `typ`, so neither passes
 * for the other, and `aud` is the system, so a token of one is none in another.
 */
export async function createTokens(http: FastifyInstance, system: string, secret: string): Promise<Tokens> {
  const sign = { algorithm: 'HS256', iss: 'waybill', aud: system } as const
  const verify = { algorithms: ['HS256' as const], allowedIss: 'waybill', allowedAud: system }
  await http.register(jwt, {
    secret,
    sign: { ...sign, header: { alg: 'HS256', typ: 'at+jwt' }, expiresIn: accessSeconds },
    verify: {
      ...verify,
      checkTyp: 'at+jwt',
      requiredClaims: ['sub', 'roles', 'exp', 'iss', 'aud'],
      // A signature costs three times as much as looking up a token that was checked before.
      cache: 1_000,
    },
  })
  return {
    access: ({ userId, roles }) => http.jwt.sign({ sub: userId, roles }),
    refresh: ({ sessionId, generation }) =>
      http.jwt.sign(
        { sid: sessionId, gen: generation },
        { ...sign, header: { alg: 'HS256', typ: 'rt+jwt' }, expiresIn: refreshSeconds },
      ),
    readAccess: (token) =>
      orUndefined(() => {
        const { sub, roles } = http.jwt.verify<{ sub: unknown; roles: unknown }>(token)
        // What is no list would be searched for a role as text.
        return typeof sub === 'string' && isTexts(roles) ? { userId: sub, roles } : undefined
      }),
    readRefresh: (token) =>
      orUndefined(() => {
        const { sid, gen } = http.jwt.verify<{ sid: string; gen: number }>(token, {
          ...verify,
          checkTyp: 'rt+jwt',
          requiredClaims: ['sid', 'gen', 'exp', 'iss', 'aud'],
          cache: false,
        })
        return { sessionId: sid, generation: gen }
      }),
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

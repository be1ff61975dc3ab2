import type { Caller } from '@waybill/core'
import type { FastifyInstance } from 'fastify'
import { createTokens, type Tokens } from '../auth/tokens.ts'

/** Reads access tokens of any of these systems. */
export async function accessOf(
  http: FastifyInstance,
  systems: readonly string[],
  secret: string,
): Promise<Pick<Tokens, 'readAccess'>> {
  const tokens: Tokens[] = []
  for (const system of systems) {
    // In a context of its own: a Fastify instance has one issuer of tokens.
    await http.register(async (context) => void tokens.push(await createTokens(context, system, secret)))
  }
  return {
    readAccess: (token) =>
      tokens.reduce<Caller | undefined>((caller, each) => caller ?? each.readAccess(token), undefined),
  }
}

import { createHmac, hash } from 'node:crypto'
import type { Submission } from '@waybill/core'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from './problem.ts'
import { addressOf } from './rate-limit.ts'

const longestKey = 255

/**
 * Where the answer to this request is kept, and what tells it from another request with the same Idempotency-Key.
 * The fingerprint is keyed: a body can hold a password, and its plain hash in the store could be guessed against.
 * @param owner whose key it is; default: the caller's, or, where nobody is known, that of whoever is at the same address
 */
export function idempotencyOf(
  request: FastifyRequest,
  secret: string,
  // Strangers do not take each other's keys.
  owner: unknown = request.caller?.userId ?? ['anonymous', addressOf(request)],
): Submission['idempotency'] {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || key === '' || key.length > longestKey) {
    throw new HttpProblem('IDEMPOTENCY_KEY_INVALID')
  }
  const route = `${request.method} ${request.routeOptions.url}`
  return {
    slot: hash('sha256', JSON.stringify([owner, route, key])),
    fingerprint: createHmac('sha256', secret)
      .update(JSON.stringify([request.method, request.url, request.body]))
      .digest('hex'),
  }
}

import { createHmac, hash } from 'node:crypto'
import type { Submission } from '@waybill/core'
import type { FastifyRequest } from 'fastify'
import { callerOf } from '../auth/identity.ts'
import { HttpProblem } from './problem.ts'

const longestKey = 255

/**
 * Where the answer to this request is kept, and what tells it from another request with the same Idempotency-Key.
 * The fingerprint is keyed: a body can hold a password, and its plain hash in the store could be guessed against.
 */
export function idempotencyOf(request: FastifyRequest, secret: string): Submission['idempotency'] {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || key === '' || key.length > longestKey) {
    throw new HttpProblem('IDEMPOTENCY_KEY_INVALID')
  }
  const route = `${request.method} ${request.routeOptions.url}`
  return {
    slot: hash('sha256', JSON.stringify([callerOf(request).userId, route, key])),
    fingerprint: createHmac('sha256', secret)
      .update(JSON.stringify([request.method, request.url, request.body]))
      .digest('hex'),
  }
}

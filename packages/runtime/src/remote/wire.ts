import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Caller, Submission } from '@waybill/core'

/** What one process asks of a service in another: a POST to `/services/{service}/{kind}`, answered in JSON. */
export interface Calls {
  submit: { readonly command: string; readonly input: unknown; readonly how: Submission }
  ask: { readonly query: string; readonly input: unknown; readonly caller: Caller }
  entity: { readonly entity: string; readonly id: string }
}

/** How a process says that a call failed: an error of the catalogue, which the caller throws in its turn. */
export interface Failure {
  readonly code: string
  readonly message: string
}

export const failureStatus = 503

/** The processes of a system know each other by a token that follows from their secret. */
export function internalToken(secret: string): string {
  return createHmac('sha256', secret).update('waybill internal').digest('base64url')
}

export function isInternal(authorization: string | undefined, secret: string): boolean {
  const given = Buffer.from(authorization ?? '')
  const wanted = Buffer.from(`Bearer ${internalToken(secret)}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

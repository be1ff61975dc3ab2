import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Caller, Committed, Submission } from '@waybill/core'

/** What one process asks of a service in another. */
export interface Calls {
  submit: { readonly command: string; readonly input: unknown; readonly how: Submission }
  ask: { readonly query: string; readonly input: unknown; readonly caller: Caller }
  entity: { readonly entity: string; readonly id: string }
  /** Every batch that the service commits from now on; not answered, but heard as long as the link lasts. */
  tail: Readonly<Record<string, never>>
}

/** A call on its way, with a number of its link. */
export type Request = {
  [K in keyof Calls]: {
    readonly id: number
    readonly service: string
    readonly kind: K
    readonly body: Calls[K]
  }
}[keyof Calls]

/** How a process says that a call failed: an error of the catalogue, which the caller throws in its turn. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** What comes back for the request with this number. */
export type Response =
  // A lone value is an answer, too: null is the state of an entity that does not exist.
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly id: number; readonly heard: readonly Committed[] }

/** Bytes of a frame: a larger one ends the link. */
export const frameMax = 32 * 1024 * 1024

/** What one that can't be sent comes to. */
export const unsayableFailure = { code: 'CALL_INVALID', message: 'It is no JSON, or too large to be sent.' }

/** Where a process is reached by the others: a WebSocket, each frame of which is a JSON array of requests or responses. */
export const linkPath = '/services'

/**
 * Sends what is said within one turn of the event loop as one frame: under load hundreds of calls share the cost of one.
 * @param write takes the text of a frame
 * @param unsayable told of a message that is no JSON, or too large for a frame: it is not sent
 */
export function frames<T>(
  write: (frame: string) => void,
  unsayable: (message: T) => void,
): (message: T) => void {
  let messages: T[] = []
  return (message) => {
    if (messages.push(message) > 1) return
    setImmediate(() => {
      const frame = messages
      messages = []
      const text = textOf(frame)
      if (text !== undefined && fits(text)) return write(text)
      // One of them is to blame, or they are too much at once.
      for (const one of frame) {
        const alone = textOf([one])
        if (alone !== undefined && fits(alone)) write(alone)
        else unsayable(one)
      }
    })
  }
}

/** No character takes more than three bytes for each of its units. */
function fits(text: string): boolean {
  return text.length * 3 <= frameMax || Buffer.byteLength(text) <= frameMax
}

function textOf(frame: readonly unknown[]): string | undefined {
  try {
    return JSON.stringify(frame)
  } catch {
    return undefined
  }
}

/** The processes of a system know each other by a token that follows from their secret. */
export function internalToken(secret: string): string {
  return createHmac('sha256', secret).update('waybill internal').digest('base64url')
}

export function isInternal(authorization: string | undefined, secret: string): boolean {
  const given = Buffer.from(authorization ?? '')
  const wanted = Buffer.from(`Bearer ${internalToken(secret)}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

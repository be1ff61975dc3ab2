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

/** Where a process is reached by the others: a WebSocket, each frame of which is a JSON array of requests or responses. */
export const linkPath = '/services'

/**
 * Sends what is said within one turn of the event loop as one frame: under load hundreds of calls share the cost of one.
 * @param write takes the text of a frame
 * @param unsayable told of a message that is no JSON: it is not sent
 */
export function frames<T>(
  write: (frame: string) => void,
  unsayable: (message: T, cause: unknown) => void,
): (message: T) => void {
  let messages: T[] = []
  return (message) => {
    if (messages.push(message) > 1) return
    setImmediate(() => {
      const frame = messages
      messages = []
      const text = textOf(frame)
      if (text !== undefined) return write(text)
      // One of them is to blame.
      for (const one of frame) {
        try {
          write(JSON.stringify([one]))
        } catch (cause) {
          unsayable(one, cause)
        }
      }
    })
  }
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

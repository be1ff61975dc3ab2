import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@waybill/core'

/** An event to be written. */
export function anEvent(parts: Partial<NewEvent> = {}): NewEvent {
  return {
    id: randomUUID(),
    type: 'ParcelSent',
    topic: undefined,
    key: 'k',
    subject: undefined,
    alsoSubjects: [],
    correlationId: randomUUID(),
    causationId: undefined,
    traceparent: undefined,
    at: 0,
    payload: new Uint8Array([1]),
    ...parts,
  }
}

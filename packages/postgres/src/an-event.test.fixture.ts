import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@waybill/core'

export function anEvent(topic: string | undefined): NewEvent {
  return {
    id: randomUUID(),
    type: 'Said',
    topic,
    key: 'k',
    subject: undefined,
    correlationId: randomUUID(),
    causationId: undefined,
    traceparent: undefined,
    at: 0,
    payload: new Uint8Array(1),
    alsoSubjects: [],
  }
}

import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@waybill/core'

/** An event to be published; what it says nothing of is made up. */
export function anEvent(parts: Partial<NewEvent> & { text?: string } = {}): NewEvent {
  const { text = '', ...rest } = parts
  return {
    id: randomUUID(),
    type: 'Happened',
    topic: 'news',
    key: 'k',
    subject: undefined,
    alsoSubjects: [],
    correlationId: randomUUID(),
    causationId: undefined,
    traceparent: undefined,
    at: Date.UTC(2026, 0, 1, 12),
    payload: Buffer.from(text),
    ...rest,
  }
}

import { type Codec, type EventHead, messageOf, type SystemDef } from '@waybill/core'

/** An event as an administrator sees it. */
export interface ShownEvent {
  readonly id: string
  readonly type: string
  readonly topic: string | null
  readonly key: string
  readonly subject: string | null
  readonly correlationId: string
  readonly causationId: string | null
  /** RFC 3339. */
  readonly at: string
  /** `null` when it cannot be read; `unreadable` then says why. */
  readonly data: Readonly<Record<string, unknown>> | null
  readonly unreadable: string | null
}

/** Shows an event with its payload decoded. One that cannot be decoded is shown too: that is when one wants to look. */
export function showEvent(
  { system, codec }: { system: SystemDef; codec: Codec },
  event: EventHead & { readonly payload: Uint8Array },
): ShownEvent {
  const head = {
    id: event.id,
    type: event.type,
    topic: event.topic ?? null,
    key: event.key,
    subject: event.subject ?? null,
    correlationId: event.correlationId,
    causationId: event.causationId ?? null,
    at: new Date(event.at).toISOString(),
  }
  const definition = system.events.get(event.type)
  if (definition === undefined) {
    return { ...head, data: null, unreadable: `The system declares no event ${event.type}.` }
  }
  try {
    return { ...head, data: codec.decode(definition, event.payload), unreadable: null }
  } catch (error) {
    return { ...head, data: null, unreadable: messageOf(error) }
  }
}

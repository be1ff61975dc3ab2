import type { EventDef } from '../contract/event.ts'

/** Payloads as bytes, and back. What is stored is what goes over the wire: an event is encoded once. */
export interface Codec {
  /** @throws PAYLOAD_INVALID when the payload does not fit the event's schema */
  encode(event: EventDef, data: unknown): Uint8Array
  /**
   * Reads a payload, also one that was written with an older schema of the event.
   * @throws PAYLOAD_UNREADABLE
   */
  decode(event: EventDef, payload: Uint8Array): Readonly<Record<string, unknown>>
}

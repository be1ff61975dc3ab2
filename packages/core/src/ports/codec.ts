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
  /**
   * Whether a payload says that a newer definition of this system has written it: as an event of this type, which nobody
   * declares here, or in a way that cannot always be read here. Never throws. Without it, payloads do not say: a type that
   * nobody declares is then believed.
   */
  isNewer?(payload: Uint8Array, type: string): boolean
  /**
   * Finds out what these payloads need to be decoded: the schema of a newer version that another process wrote, say. To be
   * awaited before. Payloads that can never be decoded are no error here. Without it, a codec knows everything by itself.
   * @throws REGISTRY_UNAVAILABLE, having learned some of them perhaps
   */
  learn?(payloads: Iterable<Uint8Array>): Promise<void>
}

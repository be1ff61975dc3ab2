/**
 * The sizes that hold everywhere, on every store and log. What exceeds one is refused where it enters, with
 * LIMIT_EXCEEDED, which names the event, the field and the limit: never later, where it would hold up others.
 */
export const sizes = {
  /** UTF-8 bytes of an event's key and of an entity's id. A database's index has to take it, with a prefix. */
  keyBytesMax: 1_000,
  /** Bytes of an encoded payload: with its headers it goes into a Kafka record of the default size. */
  payloadBytesMax: 512 * 1024,
  /** How deep objects and lists may stand in each other, in a payload, a state or a row. */
  depthMax: 64,
  /** Entities that one `.at(…)` may name. */
  idsMax: 1_000,
  /** Events in one page of a log, a history, or of what is due … */
  pageEventsMax: 1_000,
  /** … and the bytes of their payloads: a page ends with the event that reaches it. */
  pageBytesMax: 8 * 1024 * 1024,
  /** The text that is kept of an error. */
  errorTextMax: 2_000,
} as const

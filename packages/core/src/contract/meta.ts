/** What a decide is told about the event or command at hand. */
export interface Meta {
  /** Of the event being handled, or of the command. */
  readonly eventId: string
  /** The same through the whole flow. */
  readonly correlationId: string
  /** The time of this decision, the one its events carry. */
  readonly at: Date
  /** A new UUID, version 7. */
  newId(): string
}

/** New ids. The only source of randomness in core: a simulation gives a seeded one. */
export interface Ids {
  /** A UUID, version 7 (RFC 9562): later ones sort after earlier ones of the same process. */
  newId(): string
}

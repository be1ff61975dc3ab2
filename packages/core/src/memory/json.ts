/** What a database gives back of a state, a row or a reply: what JSON can hold. */
export function copied(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

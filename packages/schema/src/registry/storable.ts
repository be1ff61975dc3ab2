/**
 * Refuses what PostgreSQL has no place for in its JSON: a zero character, or half of a pair.
 * @throws Error
 */
export function refuseUnstorable(value: unknown): void {
  JSON.stringify(value, (key, value: unknown) => {
    for (const text of [key, value]) {
      if (typeof text === 'string' && (text.includes('\0') || !text.isWellFormed()))
        throw new Error('it has a character that cannot be stored')
    }
    return value
  })
}

import type { Kind } from './environment.ts'

const lengthMin = 32
/** As many as 32 random hexadecimal digits have, and some less: they come to 118 by their own frequencies, on average. */
const bitsMin = 90
/** What stood in files that everybody can read, and what people put where a secret is to come. */
const published =
  /known-to-everybody|change.?me|replace.?me|place.?holder|your.?(jwt.?)?secret|for.?development|example/i

/** Signs tokens: whoever guesses it is an administrator. */
export const signingSecret: Kind<string> = {
  allowed: 'at least 32 characters that nobody can guess, such as openssl rand -base64 48 makes',
  parse: (value) =>
    value.length >= lengthMin && bitsIn(value) >= bitsMin && !published.test(value) ? value : undefined,
}

/** How much a text says by the frequencies of its characters: 0 for one that repeats a single one. */
function bitsIn(text: string): number {
  const counts = Map.groupBy(text, (character) => character).values()
  return [...counts].reduce((sum, { length }) => sum - length * Math.log2(length / text.length), 0)
}

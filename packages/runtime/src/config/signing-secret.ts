import { deflateRawSync } from 'node:zlib'
import type { Kind } from './environment.ts'

const lengthMin = 32
/** What 32 random hexadecimal digits have by their own frequencies is 115 on average, and never less than this. */
const bitsMin = 75
/** Repetitions pack well: 32 random hexadecimal digits take some 25 bytes. */
const packedMin = 18
/** Words that people put where a secret is to come, and into files that everybody can read. */
const words =
  /secret|passw?ord|waybill|token|jwt|key|super|change|this|replace|place.?holder|your|production|development|default|example|admin|test|user|known|everybody|only|correct|horse|battery|staple|least|thirty|characters/gi
/** What documents of others show as a secret, and people copy: of jwt.io and of tutorials about Spring. */
const published = new Set([
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
  '3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b',
])
/** Letters and digits that follow each other, in the alphabet or on a keyboard. */
const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm']
const sequenceMin = 4

/** Signs tokens: whoever guesses it is an administrator. */
export const signingSecret: Kind<string> = {
  allowed: 'at least 32 characters that nobody can guess, such as openssl rand -base64 48 makes',
  parse: (value) =>
    value.length >= lengthMin && !published.has(value) && isHardToGuess(value) ? value : undefined,
}

function isHardToGuess(value: string): boolean {
  const rest = withoutSequences(value.replaceAll(words, ''))
  return bitsIn(rest) >= bitsMin && deflateRawSync(rest, { level: 9 }).length >= packedMin
}

function withoutSequences(text: string): string {
  let rest = text
  for (const row of [...rows, ...rows.map((one) => Array.from(one).reverse().join(''))]) {
    for (let length = row.length; length >= sequenceMin; length -= 1) {
      for (let at = 0; at + length <= row.length; at += 1) {
        rest = rest.replaceAll(new RegExp(row.slice(at, at + length), 'gi'), '')
      }
    }
  }
  return rest
}

/** How much a text says by the frequencies of its characters: 0 for one that repeats a single one. */
function bitsIn(text: string): number {
  const counts = Map.groupBy(text, (character) => character).values()
  return [...counts].reduce((sum, { length }) => sum - length * Math.log2(length / text.length), 0)
}

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
/** Letters and digits that follow each other, in the alphabet or on a keyboard. */
const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm']
const sequenceMin = 4

/** Signs tokens: whoever guesses it is an administrator. */
export const signingSecret: Kind<string> = {
  allowed: 'at least 32 characters that nobody can guess, such as openssl rand -base64 48 makes',
  parse: (value) => (value.length >= lengthMin && isHardToGuess(value) ? value : undefined),
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

import { seededRandom } from './seeded-random.ts'

/** Chance, the same for the same seed. */
export interface Random {
  /** From 0 up to and without 1. */
  next(): number
  /** Whether it happens, at this rate from 0 to 1. */
  strikes(rate: number): boolean
  /** A whole number from `least` to `most`, both of them among it. */
  between(least: number, most: number): number
  pick<T>(list: readonly T[]): T
}

export function createRandom(seed: number): Random {
  const next = seededRandom(seed)
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    strikes: (rate) => rate > 0 && next() < rate,
    between,
    pick: (list) => list[between(0, list.length - 1)]!,
  }
}

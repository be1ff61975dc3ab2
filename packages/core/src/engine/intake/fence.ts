import type { Offset } from '../../ports/store.ts'

/**
 * What was saved of the log when messages were taken. Their batch is written only if that still holds: should another
 * process own them by then, the store refuses, however much this one has heard of that in the meantime.
 */
export interface Fence {
  /** Of the reading: another one after each reset. */
  readonly era: object
  /** These offsets, as far as they lead on, with what the store must have before them. */
  expecting(reached: readonly Offset[]): readonly (Offset & { readonly expected: number })[]
  /** A part of the batch is committed, with these. */
  moved(offsets: readonly Offset[]): void
}

/** @param saved the offsets that are saved now, by partition */
export function fenceOf(era: object, saved: ReadonlyMap<string, Offset>): Fence {
  const next = new Map([...saved].map(([name, offset]) => [name, offset.next]))
  return {
    era,
    expecting: (reached) =>
      reached
        .map((offset) => ({ ...offset, expected: next.get(partitionOf(offset)) ?? 0 }))
        .filter(({ next: to, expected }) => to > expected),
    moved: (offsets) => {
      for (const offset of offsets) next.set(partitionOf(offset), offset.next)
    },
  }
}

export function partitionOf({ source, partition }: Pick<Offset, 'source' | 'partition'>): string {
  return `${source}/${partition}`
}

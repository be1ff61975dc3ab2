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
  const known = new Map(saved)
  return {
    era,
    expecting: (reached) =>
      reached.flatMap((offset) => {
        const { next = 0, mark } = known.get(partitionOf(offset)) ?? {}
        // With another mark it is another log of that name, and may begin anew. At 0, too: a log of which nothing has come
        // yet is only known again by its mark, and one that begins there waits until that is saved.
        const leadsOn = offset.next > next || offset.mark !== mark
        return leadsOn ? { ...offset, expected: next } : []
      }),
    moved: (offsets) => {
      for (const offset of offsets) known.set(partitionOf(offset), offset)
    },
  }
}

export function partitionOf({ source, partition }: Pick<Offset, 'source' | 'partition'>): string {
  return `${source}/${partition}`
}

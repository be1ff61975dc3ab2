import type { Message, Offset } from '@waybill/core'

/** What a reader was given and has not saved yet. */
export interface InHand {
  given(messages: readonly Message[]): void
  saved(offsets: readonly Offset[]): void
  /** The reader has let go of all of it: it will come again. */
  dropped(): void
  /** Resolves when nothing is in hand of the partitions of which this is false. */
  onlyOf(isKept: (partition: Pick<Offset, 'source' | 'partition'>) => boolean): Promise<void>
}

export function inHand(): InHand {
  /** By source and partition, the position after the last message given. */
  const reached = new Map<string, Offset>()
  let changed = Promise.withResolvers<void>()

  function tell(): void {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  return {
    given: (messages) => {
      for (const { source, partition, position } of messages) {
        if (position < 0) continue
        reached.set(`${source}/${partition}`, { source, partition, next: position + 1 })
      }
    },
    saved: (offsets) => {
      for (const { source, partition, next } of offsets) {
        const name = `${source}/${partition}`
        if (next >= (reached.get(name)?.next ?? Infinity)) reached.delete(name)
      }
      tell()
    },
    dropped: () => {
      reached.clear()
      tell()
    },
    onlyOf: async (isKept) => {
      while (![...reached.values()].every(isKept)) await changed.promise
    },
  }
}

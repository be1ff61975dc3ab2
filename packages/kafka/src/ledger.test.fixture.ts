import type { Message, Offset } from '@waybill/core'

/** From where to where a position moves. */
export interface Move extends Offset {
  readonly expected: number
}

/** How far a group has come and what it has handled, kept as the database of its members would keep it. */
export interface Ledger {
  from(source: string, partition: number): Promise<Offset | undefined>
  /** Writes all of it, or nothing when a position is not where it is expected. Tells which. */
  write(handled: readonly Message[], moves: readonly Move[]): Promise<boolean>
}

/** A ledger in memory. @param saved positions by source and partition, `source/partition` */
export function memoryLedger(
  saved = new Map<string, Offset>(),
): Ledger & { readonly handled: readonly Message[] } {
  const handled: Message[] = []
  const at = ({ source, partition }: Pick<Move, 'source' | 'partition'>): Offset | undefined =>
    saved.get(`${source}/${partition}`)
  return {
    handled,
    from: async (source, partition) => at({ source, partition }),
    write: async (messages, moves) => {
      if (moves.some((move) => (at(move)?.next ?? 0) !== move.expected)) return false
      for (const { expected: _, ...offset } of moves)
        saved.set(`${offset.source}/${offset.partition}`, offset)
      handled.push(...messages)
      return true
    },
  }
}

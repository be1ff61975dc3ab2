import type { Message } from '@waybill/core'

/** From where to where a position moves. */
export interface Move {
  readonly source: string
  readonly partition: number
  readonly expected: number
  readonly next: number
}

/** How far a group has come and what it has handled, kept as the database of its members would keep it. */
export interface Ledger {
  from(source: string, partition: number): Promise<number>
  /** Writes all of it, or nothing when a position is not where it is expected. Tells which. */
  write(handled: readonly Message[], moves: readonly Move[]): Promise<boolean>
}

/** A ledger in memory. @param saved positions by source and partition, `source/partition` */
export function memoryLedger(
  saved = new Map<string, number>(),
): Ledger & { readonly handled: readonly Message[] } {
  const handled: Message[] = []
  const at = ({ source, partition }: Pick<Move, 'source' | 'partition'>): number =>
    saved.get(`${source}/${partition}`) ?? 0
  return {
    handled,
    from: async (source, partition) => at({ source, partition }),
    write: async (messages, moves) => {
      if (moves.some((move) => at(move) !== move.expected)) return false
      for (const { source, partition, next } of moves) saved.set(`${source}/${partition}`, next)
      handled.push(...messages)
      return true
    },
  }
}

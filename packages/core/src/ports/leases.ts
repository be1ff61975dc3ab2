/** What a member may work on. */
export interface Part {
  /** Those of the things it asked about that are its own. */
  readonly things: readonly string[]
  /** The members besides it that want any of what it asked about. */
  readonly others: readonly string[]
}

/**
 * Divides work among the processes of one service. Things and members have names: a member is a process in one of its
 * tasks, a thing is what only one of them should work on.
 *
 * Contract, checked by the conformance suite:
 * - A thing has at most one member at a time. It stays its own until it asks and neither has it in hand nor is given it,
 *   until it leaves, or until `forMs` are over since it last asked.
 * - Those who want the same things come to have as many each, or one more. Whoever is alone gets everything at once.
 * - Nothing is left lying that somebody wants, whatever else the others want.
 * - Time is that of the backend. Clocks of processes do not matter.
 *
 * A lease shares the work. It does not keep it right: a process that was suspended does not know that its leases are
 * over, and a crash of the backend ends all of them. What keeps it right is that `transact` compares and sets.
 */
export interface Leases {
  /**
   * Asks for a part, and keeps what it has for another while. To be called again well before that is over: only then do
   * members give up what is above their part, and take what is free.
   */
  share(ask: {
    /** The member's name; no other has it at the same time. */
    readonly as: string
    /** All that it would work on. */
    readonly of: readonly string[]
    /** What it works on and cannot let go at once. That stays its own, also what it is no longer given. */
    readonly inHand: readonly string[]
    readonly forMs: number
  }): Promise<Part>
  /** Gives everything up. Others have it when they ask. */
  leave(as: string): Promise<void>
}

/** What it takes to divide work with other processes. */
export interface Sharing {
  /** A name for this process that no other has at the same time. */
  readonly instance: string
  readonly leases: Leases
}

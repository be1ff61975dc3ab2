import type { Caller } from '../contract/caller.ts'
import type { CommandDef } from '../contract/command.ts'
import type { QueryDef } from '../contract/query.ts'
import type { Read } from '../contract/read.ts'
import type { Refusal } from '../contract/refusal.ts'
import type { ServiceDef } from '../contract/service.ts'
import type { EventHead } from '../ports/store.ts'

/** How a command arrives. */
export interface Submission {
  readonly caller: Caller
  /** Default: a new one. */
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
  /** Makes a repetition harmless: the first answer is given again, for `keepMs` at least; default 31 days. */
  readonly idempotency?:
    | { readonly slot: string; readonly fingerprint: string; readonly keepMs?: number }
    | undefined
  /** Waits for the command's flow to settle, at most so long; default 0. */
  readonly waitMs?: number | undefined
}

/** What became of a command. */
export type Submitted<O> =
  | {
      readonly refused: false
      readonly id: string
      readonly reply: O
      readonly correlationId: string
      /** Whether the flow that it started has ended; always true for a command that starts none. */
      readonly settled: boolean
      /** Whether this is the stored answer to an earlier request with the same idempotency key. */
      readonly replayed: boolean
    }
  | Refusal

/** An event right after its commit. */
export interface Committed extends EventHead {
  readonly data: Readonly<Record<string, unknown>>
  readonly position: number
}

/** A service as others reach it, whether it runs in this process or in another. */
export interface ServiceClient {
  readonly service: ServiceDef
  readonly read: Pick<Read, 'entity'>
  /**
   * Sends a command. Nothing has happened when it is refused or throws
   * (OVERLOADED, STOPPING, STORE_UNAVAILABLE, EFFECT_FAILED, IDEMPOTENCY_KEY_REUSED, DECIDE_FAILED, SERVICE_UNAVAILABLE).
   */
  submit<I, O>(command: CommandDef<I, O>, input: I, how: Submission): Promise<Submitted<O>>
  ask<I, O>(query: QueryDef<I, O>, input: I, caller: Caller): Promise<O | Refusal>
  /** Hears every event that the service's engine commits, after the commit. The answer ends it. */
  tail(listener: (events: readonly Committed[]) => void): () => void
}

/** Runs one service: the only thing that changes its store. */
export interface Engine extends ServiceClient {
  readonly read: Read
  start(): Promise<void>
  /** Takes no more work, finishes what is in hand, lets go of the log. The store stays open. */
  stop(): Promise<void>
}

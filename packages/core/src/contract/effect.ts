import type { Duration } from './duration.ts'
import type { QueryDef } from './query.ts'
import type { Refusal } from './refusal.ts'

declare global {
  /** Core compiles without DOM or Node types; where those are present this merges with theirs. */
  interface AbortSignal {
    readonly aborted: boolean
  }
}

/** What an effect may use. */
export interface EffectIo {
  /** The same for every attempt of this effect, also after a crash: hand it to the outside world. */
  readonly idempotencyKey: string
  /** Aborts when the attempt's time is over. */
  readonly signal: AbortSignal
  /** Asks another service's query: guarded by a time limit and a circuit breaker; answers or throws. */
  ask<I, O>(query: QueryDef<I, O>, input: I): Promise<O | Refusal>
  /** The next unused number of a sequence of this service, from 1. Gaps are possible, repetition is not. */
  nextNumber(sequence: string): Promise<number>
}

/**
 * How an effect ended. `unknown`: the outside gave no answer within its time; it may have acted or not.
 * A timeout is not a failure: the decide must say what an unknown outcome means.
 */
export type Outcome<R> = { readonly status: 'answered'; readonly value: R } | { readonly status: 'unknown' }

/** How long an effect may take. */
export interface EffectLimits {
  /** Of one attempt; default 10 seconds. */
  readonly attempt?: Duration
  /** Of all attempts together, after which the outcome is `unknown`; without it the effect is repeated until it answers. */
  readonly within?: Duration
}

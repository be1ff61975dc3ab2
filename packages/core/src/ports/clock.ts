/** Time, as the engine sees it. The only source of time in core: a simulation gives a virtual one. */
export interface Clock {
  /** Milliseconds since 1970, as this machine believes. It may jump either way: for what is recorded, never for a wait. */
  now(): number
  /** Milliseconds since some moment in the past. Never runs backwards, never jumps: for all that is waited for. */
  monotonic(): number
  /** Runs `fire` once, not before `ms` milliseconds are over. The answer cancels it. */
  timer(ms: number, fire: () => void): () => void
}

/** Resolves after `ms` by the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(ms, resolve))
}

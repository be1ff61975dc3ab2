/** Time, as the engine sees it. The only source of time in core: a simulation gives a virtual one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `fire` once, not before `ms` milliseconds are over. The answer cancels it. */
  timer(ms: number, fire: () => void): () => void
}

/** Resolves after `ms` by the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(ms, resolve))
}

import type { Clock } from '../../ports/clock.ts'

/**
 * When the store is to be asked for what is due. It is asked when something can be due, and in any case after a while,
 * however often that is put off by what is known.
 */
export interface Agenda {
  /** From now on nothing is due. */
  stop(): void
  isDue(): boolean
  /** Whether it may be asked now, be something due or not. */
  isOpen(): boolean
  /** The store is being asked: what was known of it counts no more. */
  asked(): void
  /** Something will be due in so many milliseconds. */
  dueIn(ms: number): void
  /** Nothing for so long, whatever is due. */
  pause(ms: number): void
  /** It is asked so often in any case. */
  every(ms: number): void
}

/** @param ring called when it is time to ask */
export function agenda(clock: Clock, ring: () => void): Agenda {
  /** When there may be something: now, at first. */
  let dueAt = 0
  let pausedUntil = 0
  let askedAt = clock.monotonic()
  let everyMs = 0
  let isStopped = false
  let cancel = (): void => {}

  function schedule(): void {
    cancel()
    const at = Math.max(pausedUntil, Math.min(dueAt, askedAt + everyMs))
    if (!isStopped) cancel = clock.timer(Math.max(at - clock.monotonic(), 0), wake)
  }

  function wake(): void {
    // A timer may be a little early, and it will not come again.
    pausedUntil = 0
    dueAt = Math.min(dueAt, clock.monotonic())
    ring()
  }

  const isOpen = (): boolean => !isStopped && pausedUntil <= clock.monotonic()

  return {
    stop: () => {
      isStopped = true
      cancel()
    },
    isOpen,
    isDue: () => isOpen() && dueAt <= clock.monotonic(),
    asked: () => {
      askedAt = clock.monotonic()
      dueAt = Infinity
      schedule()
    },
    dueIn: (ms) => {
      dueAt = Math.min(dueAt, clock.monotonic() + ms)
      schedule()
    },
    pause: (ms) => {
      pausedUntil = clock.monotonic() + ms
      schedule()
    },
    every: (ms) => {
      everyMs = ms
      schedule()
    },
  }
}

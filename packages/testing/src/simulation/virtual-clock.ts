import type { Clock } from '@waybill/core'

/** Time that passes only when a test says so. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass. Timers fire in the order of their time (those of the same time: of their setting), each at its
   * time; between two of them everything that is ready to run does, so what a timer starts may set timers that are
   * due within the same advance.
   */
  advance(ms: number): Promise<void>
  /** When the next timer fires; `undefined`: none is set. */
  nextTimer(): number | undefined
}

interface Timer {
  readonly at: number
  readonly fire: () => void
}

/** A clock that stands still. @param start default 2026-01-01T12:00:00Z */
export function virtualClock(start: number = Date.UTC(2026, 0, 1, 12)): VirtualClock {
  const timers = new Set<Timer>()
  let now = start

  const timer: Clock['timer'] = (ms, fire) => {
    const set = { at: now + Math.max(0, ms), fire }
    timers.add(set)
    return () => void timers.delete(set)
  }
  /** A set keeps the order of setting, so the first of the earliest is the right one. */
  const earliest = (): Timer | undefined =>
    [...timers].reduce<Timer | undefined>(
      (first, one) => (first && first.at <= one.at ? first : one),
      undefined,
    )

  return {
    now: () => now,
    monotonic: () => now - start,
    timer,
    advance: async (ms) => {
      const end = now + ms
      await idle()
      for (let next = earliest(); next !== undefined && next.at <= end; next = earliest()) {
        now = Math.max(now, next.at)
        timers.delete(next)
        next.fire()
        await idle()
      }
      now = Math.max(now, end)
    },
    nextTimer: () => earliest()?.at,
  }
}

/** Resolves when no promise is left that could go on by itself. */
export function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import type { Clock } from '@waybill/core'
import { timerQueue } from './timer-queue.ts'

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

/**
 * A clock that stands still.
 * @param start default 2026-01-01T12:00:00Z
 * @param quiet resolves when nothing is ready to run; default: `idle`
 */
export function virtualClock(start: number = Date.UTC(2026, 0, 1, 12), quiet = idle): VirtualClock {
  const timers = timerQueue()
  let now = start

  return {
    now: () => now,
    monotonic: () => now - start,
    timer: (ms, fire) => timers.add(now + Math.max(0, ms), fire),
    advance: async (ms) => {
      const end = now + ms
      await quiet()
      for (let next = timers.first(); next !== undefined && next.at <= end; next = timers.first()) {
        now = Math.max(now, next.at)
        timers.take()
        next.fire()
        await quiet()
      }
      now = Math.max(now, end)
    },
    nextTimer: () => timers.first()?.at,
  }
}

/** Resolves when no promise is left that could go on by itself, and what the machine has ready has been let in. */
export function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The same without a look at the machine, which takes longer than most of what is simulated: for where all is virtual. */
export function drained(): Promise<void> {
  // Node runs it when no promise is left.
  return new Promise((resolve) => process.nextTick(resolve))
}

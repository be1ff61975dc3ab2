import type { Clock } from '../ports/clock.ts'

/** Lets one waiter sleep until somebody rings. A ring before the wait is not lost. */
export interface Signal {
  ring(): void
  /** Resolves at once when it was rung since the last wait. */
  wait(): Promise<void>
}

export function signal(): Signal {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    wait: async () => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      wake = undefined
      rung = false
    },
  }
}

/** Waits for a ring, at most so long; resolves with whether the time was over first. */
export async function waitAtMost(clock: Clock, bell: Signal, ms: number): Promise<boolean> {
  let over = false
  const cancel = clock.timer(ms, () => {
    over = true
    bell.ring()
  })
  await bell.wait()
  cancel()
  return over
}

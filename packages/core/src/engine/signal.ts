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

/** Waits for a ring, at most so long. */
export async function waitAtMost(clock: Clock, bell: Signal, ms: number): Promise<void> {
  const cancel = clock.timer(ms, bell.ring)
  await bell.wait()
  cancel()
}

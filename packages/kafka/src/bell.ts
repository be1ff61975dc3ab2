/** Lets one waiter sleep until somebody rings. A ring before the wait is not lost. */
export interface Bell {
  ring(): void
  /** Resolves when it was rung since the last wait, or after so many milliseconds. */
  wait(atMostMs?: number): Promise<void>
}

export function bell(): Bell {
  let rung = Promise.withResolvers<void>()
  return {
    ring: () => rung.resolve(),
    wait: async (atMostMs) => {
      const timer = atMostMs === undefined ? undefined : setTimeout(rung.resolve, atMostMs)
      await rung.promise
      clearTimeout(timer)
      rung = Promise.withResolvers()
    },
  }
}

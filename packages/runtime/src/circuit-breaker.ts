import type { Clock } from '@waybill/core'

/** What can be tried, or is not even tried any more. */
export interface CircuitBreaker {
  /** @throws what `work` throws; CircuitOpen without having called it */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** It has failed too often of late. */
export class CircuitOpen extends Error {}

/**
 * After so many failures in a row nothing is tried for a while; then one goes ahead, and the others follow if it
 * succeeds. The while is measured by the monotonic clock: a machine whose time is set back must not be cut off until then.
 */
export function circuitBreaker(options: {
  failuresMax: number
  openMs: number
  clock: Pick<Clock, 'monotonic'>
}): CircuitBreaker {
  const { failuresMax, openMs, clock } = options
  let failures = 0
  let openedAt = 0
  let trying = false

  return {
    async run(work) {
      const open = failures >= failuresMax
      if (open && (trying || clock.monotonic() - openedAt < openMs)) {
        throw new CircuitOpen(`it has failed ${failuresMax} times in a row`)
      }
      if (open) trying = true
      try {
        const result = await work()
        failures = 0
        return result
      } catch (error) {
        failures += 1
        // Those that were under way when it opened do not keep it open.
        if (open || failures === failuresMax) openedAt = clock.monotonic()
        throw error
      } finally {
        if (open) trying = false
      }
    },
  }
}

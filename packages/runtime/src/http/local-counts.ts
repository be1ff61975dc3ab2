import type { Clock } from '@waybill/core'
import type { Counts } from './counts.ts'

/** So many callers are remembered; then those that came first are forgotten. */
const keysMax = 20_000

/**
 * What one process counts for itself. A window is measured by the monotonic clock: a machine whose time is set back by an
 * hour must not refuse whoever had used up a minute's requests until then.
 * @param seconds how long a key is counted from its first request on
 */
export function localCounts(seconds: number, clock: Pick<Clock, 'monotonic'>): Counts {
  /** In the order of their beginning. */
  const windows = new Map<string, { current: number; readonly until: number }>()

  function forgetOld(now: number): void {
    for (const [key, { until }] of windows) {
      if (until > now && windows.size <= keysMax) return
      windows.delete(key)
    }
  }

  return {
    async count(key) {
      const now = clock.monotonic()
      forgetOld(now)
      const window = windows.get(key) ?? { current: 0, until: now + seconds * 1_000 }
      window.current += 1
      windows.set(key, window)
      return { current: window.current, ttl: Math.ceil(window.until - now) }
    },
    close() {},
  }
}

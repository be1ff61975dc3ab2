import { performance } from 'node:perf_hooks'

/** Looked at no more often: in less time there is too little to see. */
const windowMs = 100
/** With less than this there is CPU to spare, with more there is none. */
const idleBelow = 0.3
const busyAbove = 0.75

/**
 * How busy this process is, from 0 to 1, by the share of the last tenth of a second in which its event loop had something
 * to do. Where there is CPU to spare, nothing need wait for company; where there is none, work that comes together costs
 * less.
 */
export function busyness(): () => number {
  let before = performance.eventLoopUtilization()
  let lookedAt = performance.now()
  let busy = 0
  return () => {
    const now = performance.now()
    if (now - lookedAt < windowMs) return busy
    const present = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(present, before)
    busy = Math.min(1, Math.max(0, (utilization - idleBelow) / (busyAbove - idleBelow)))
    before = present
    lookedAt = now
    return busy
  }
}

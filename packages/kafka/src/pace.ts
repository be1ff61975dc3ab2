/** Below this part of its time in which a process works, nothing needs to be saved … */
const idleBelow = 0.5
/** … and above this one, all that can be. */
const busyFrom = 0.85
/** How far back it looks. */
const windowMs = 200

/**
 * How long work may wait for company, by how busy this process is: not at all while it has time to spare, and up to so
 * many milliseconds when it has none.
 * @param options.utilization the part of its time in which the process has worked since some moment; default: that of
 *   the event loop
 */
export function pace(options: {
  maxMs: number
  now?: () => number
  utilization?: () => { idle: number; active: number }
}): () => number {
  const {
    maxMs,
    now = () => performance.now(),
    utilization = () => performance.eventLoopUtilization(),
  } = options
  let last = utilization()
  let lookedAt = now()
  let ms = 0

  return () => {
    if (now() < lookedAt + windowMs) return ms
    const { idle, active } = utilization()
    const worked = active - last.active
    const busy = worked / Math.max(1e-9, worked + idle - last.idle)
    ms = maxMs * Math.min(1, Math.max(0, (busy - idleBelow) / (busyFrom - idleBelow)))
    last = { idle, active }
    lookedAt = now()
    return ms
  }
}

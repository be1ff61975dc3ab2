import { cpuSecondsOf } from './cpu-seconds.ts'

const lookEveryMs = 1_000
/** Of these a server that comes up uses more in each second, also on a machine that is very busy. */
const cpuSecondsMin = 0.05

/**
 * Watches whether a process does anything, with its descendants.
 * @returns for how many milliseconds it has hardly used the CPU; 0 where the system does not tell, as all but Linux
 */
export function watchIdleness(pid: number): () => number {
  let lookedAt = performance.now()
  let busyAt = lookedAt
  let used = 0
  return () => {
    const now = performance.now()
    if (process.platform !== 'linux') return 0
    if (now - lookedAt >= lookEveryMs) {
      const before = used
      used = cpuSecondsOf(pid)
      if (used - before >= cpuSecondsMin) busyAt = now
      lookedAt = now
    }
    return now - busyAt
  }
}

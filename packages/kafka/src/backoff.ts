/** Milliseconds before the next attempt, after so many that failed: doubling, from 100 to 2,000. */
export function backoffMs(failures: number): number {
  return Math.min(2_000, 100 * 2 ** Math.min(failures - 1, 10))
}

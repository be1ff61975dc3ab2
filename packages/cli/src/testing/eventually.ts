import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Looks until it finds what should become true, and answers with what it found.
 * @param look throws while it is not true yet; its last error is thrown when the time is over
 */
export async function eventually<T>(
  look: () => Promise<T>,
  { withinMs = 20_000, everyMs = 25 } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(everyMs)
  }
}

import type { Clock } from '@waybill/core'

/**
 * Asks again only once an answer is so old: whoever asks before shares it, also while it is on its way. So a crowd costs
 * what one costs.
 */
export function sharedAnswer<T>(
  ask: () => Promise<T>,
  freshMs: number,
  clock: Pick<Clock, 'monotonic'>,
): () => Promise<T> {
  let answer: Promise<T> | undefined
  let askedAt = -Infinity
  let isOnItsWay = false
  return () => {
    if (answer === undefined || (!isOnItsWay && clock.monotonic() - askedAt > freshMs)) {
      askedAt = clock.monotonic()
      isOnItsWay = true
      answer = ask().finally(() => (isOnItsWay = false))
    }
    return answer
  }
}

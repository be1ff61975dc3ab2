import { WaybillError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'

/** Runs I/O that must not take longer than `ms`; then its signal aborts and EFFECT_FAILED is thrown, whatever it does. */
export async function attempt<T>(
  clock: Clock,
  ms: number,
  what: string,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const limit = clock.limit(ms)
  let cancel = (): void => {}
  const outOfTime = new Promise<never>((_, reject) => {
    cancel = clock.timer(ms, () =>
      reject(new WaybillError('EFFECT_FAILED', `${what} gave no answer in time.`)),
    )
  })
  try {
    return await Promise.race([run(limit.signal), outOfTime])
  } finally {
    cancel()
    limit.clear()
  }
}

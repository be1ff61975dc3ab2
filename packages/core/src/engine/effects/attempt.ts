import { WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'

// Every JavaScript runtime has it; the ES library that core compiles with does not list it.
declare const AbortController: new () => { readonly signal: AbortSignal; abort(reason: unknown): void }

/** The signal of an attempt: made when somebody asks for it, since many never do. */
export interface Limit {
  readonly signal: AbortSignal
}

/** Runs I/O that must not take longer than `ms`; then its signal aborts and EFFECT_FAILED is thrown, whatever it does. */
export async function attempt<T>(
  clock: Clock,
  ms: number,
  what: string,
  run: (limit: Limit) => T | Promise<T>,
): Promise<T> {
  let controller: InstanceType<typeof AbortController> | undefined
  let over: WaybillError | undefined
  const limit: Limit = {
    get signal() {
      controller ??= new AbortController()
      if (over !== undefined) controller.abort(over)
      return controller.signal
    },
  }
  let cancel = (): void => {}
  const outOfTime = new Promise<never>((_, reject) => {
    cancel = clock.timer(ms, () => {
      over = new WaybillError('EFFECT_FAILED', `${what} gave no answer in time.`)
      controller?.abort(over)
      reject(over)
    })
  })
  try {
    return await Promise.race([run(limit), outOfTime])
  } finally {
    cancel()
  }
}

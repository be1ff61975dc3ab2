/** What can be ended. */
export interface Stoppable {
  stop(): Promise<unknown>
}

/** Starts something; the signal calls the start off. */
export type Start<T> = (how: { readonly signal: AbortSignal }) => Promise<T>

/** What somebody has started, test files above all. All of it ends together, whatever went wrong on the way. */
export interface Setup {
  /**
   * Starts servers side by side. When one does not start, the others are called off, and all that is there is ended.
   * @throws what the first one threw that did not start
   */
  start<T extends readonly Stoppable[]>(...starts: { [At in keyof T]: Start<T[At]> }): Promise<T>
  /** Has something that is there end with the rest. */
  with<T>(thing: T, end: (thing: T) => unknown): T
  /**
   * Ends all, the last first. What was never started needs no end, and what has ended no second one.
   * @throws what did not end well, when the rest has ended
   */
  end(): Promise<void>
}

/** @param signal calls off what `start` starts */
export function createSetup(signal?: AbortSignal): Setup {
  const ends: (() => unknown)[] = []

  async function end(): Promise<void> {
    const errors: unknown[] = []
    for (let next = ends.pop(); next !== undefined; next = ends.pop()) {
      try {
        await next()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, 'Several things did not end well')
  }

  return {
    async start(...starts) {
      const failure = new AbortController()
      const either = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
      const starting = starts.map(async (start) => {
        try {
          return await start({ signal: either })
        } catch (error) {
          // The first one's; the others were called off.
          failure.abort(error)
          throw error
        }
      })
      const settled = await Promise.allSettled(starting)
      const started = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      ends.push(() => Promise.all(started.map((each) => each.stop())))
      if (!failure.signal.aborted) return started as never
      // Why it began to end says more than how it went on.
      await end().catch(() => {})
      throw failure.signal.reason
    },
    with(thing, how) {
      ends.push(() => how(thing))
      return thing
    },
    end,
  }
}

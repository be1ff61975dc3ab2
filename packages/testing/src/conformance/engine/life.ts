import type { Log, Store, Subscription } from '@waybill/core'
import type { Ailments } from './world.ts'

/** The life of one process, which can end at any moment, as by `kill -9`. */
export interface Life extends Required<Omit<Ailments, 'codec' | 'clock'>> {
  /** Resolves at its end. */
  readonly ended: Promise<void>
  end(): void
}

/**
 * A process that dies at its n-th commit: before it, so that nothing is written, or right after it, so that nobody
 * hears of it. From then on none of its calls is ever answered.
 */
export function life(death?: { readonly commit: number; readonly when: 'before' | 'after' }): Life {
  const subscriptions: Subscription[] = []
  let isOver = false
  let commits = 0
  let tell = (): void => {}
  const ended = new Promise<void>((resolve) => (tell = resolve))

  function end(): void {
    if (isOver) return
    isOver = true
    tell()
    for (const subscription of subscriptions) void subscription.close()
  }

  /** The answer, unless nobody is there any more who could take it. */
  async function answered<T>(answer: Promise<T>): Promise<T> {
    await answer.catch(() => {})
    return isOver ? new Promise<T>(() => {}) : answer
  }

  function mortal<A extends unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return (...args) => answered(isOver ? new Promise<T>(() => {}) : call(...args))
  }

  return {
    ended,
    end,
    store: (store: Store): Store => ({
      ...store,
      load: mortal(store.load),
      offsets: mortal(store.offsets),
      due: mortal(store.due),
      published: mortal(store.published),
      nextNumber: mortal(store.nextNumber),
      share: mortal(store.share),
      leave: mortal(store.leave),
      transact: mortal(async (need, decide) => {
        let number = 0
        const done = await store.transact(need, async (loaded, more) => {
          const write = await decide(loaded, more)
          commits += 1
          number = commits
          if (number === death?.commit && death.when === 'before') end()
          if (isOver) throw new Error('The process died before the commit.')
          return write
        })
        if (number === death?.commit) end()
        return done
      }),
    }),
    log: (log: Log): Log => ({
      ...log,
      subscribe: mortal(async (options) => {
        const subscription = await log.subscribe(options)
        subscriptions.push(subscription)
        return { ...subscription, poll: mortal(subscription.poll), reset: mortal(subscription.reset) }
      }),
    }),
  }
}

import { WaybillError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Leases, Part } from '../ports/leases.ts'
import { pace } from './pace.ts'
import { signal, waitAtMost } from './signal.ts'

/** This process, as one of those that divide some work. */
export interface Member {
  /** Asks for its part now and then; resolves when it has stopped. */
  run(): Promise<void>
  /** Asks without delay: there is something that it has let go. */
  ask(): void
  /** Asks no more, and lets others have everything. */
  stop(): Promise<void>
}

/** The store is away: everybody keeps what he has. */
function unavailable(cause: unknown): undefined {
  if (!(cause instanceof WaybillError && cause.family === 'retryable')) throw cause
}

/**
 * @param options.as no other process has this name
 * @param options.inHand what it cannot let go while it asks; default: nothing
 * @param options.told called with its part after each time
 */
export function member(options: {
  leases: Leases
  clock: Clock
  as: string
  of: readonly string[]
  inHand?: () => readonly string[]
  told: (part: Part) => void
}): Member {
  const { leases, clock, as, of, inHand = () => [], told } = options
  const bell = signal()
  let stopped = false
  let asking: Promise<unknown> = Promise.resolve()

  async function ask(): Promise<void> {
    const part = await leases.share({ as, of, inHand: inHand(), forMs: pace.leaseMs }).catch(unavailable)
    if (part !== undefined && !stopped) told(part)
  }

  return {
    run: async () => {
      while (!stopped) {
        asking = ask()
        await asking
        await waitAtMost(clock, bell, pace.shareEveryMs)
      }
    },
    ask: bell.ring,
    stop: async () => {
      stopped = true
      bell.ring()
      await asking.catch(() => {})
      // Without a goodbye the others wait until its leases are over.
      await leases.leave(as).catch(() => {})
    },
  }
}

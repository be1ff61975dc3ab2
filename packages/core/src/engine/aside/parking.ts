import { isTerminal, messageOf, WaybillError } from '../../errors.ts'
import { sizes } from '../../limits.ts'
import type { Parked, ParkedReason, QueueChange, Write } from '../../ports/store.ts'
import type { EventWork } from '../intake/work.ts'
import { attemptMs, backoffMs, pace } from '../pace.ts'
import { Queues } from './queues.ts'
import { sourceOf } from './source.ts'

/**
 * What a batch sets aside. An event that fails, or whose effect is still under way, is parked in its queue; later events
 * of that queue stand behind it, in order; others go on. Retry policies and dead letters will have their place here.
 */
export interface Parking {
  readonly failures: readonly { readonly parked: Parked; readonly cause: unknown }[]
  /** What is to be written of it. */
  changes(): Pick<Write, 'park' | 'unpark' | 'repark' | 'queues'>
  /** Whether an earlier event of its queue is set aside. */
  mustWait(work: EventWork): boolean
  behind(work: EventWork): void
  underWay(work: EventWork): void
  /** Its effect has yet to begin: too many are under way. */
  waiting(work: EventWork): void
  /** Its effect saw a state that has changed since, and runs once more. */
  outdated(work: EventWork): void
  failed(work: EventWork, cause: unknown): void
  settled(work: EventWork): void
}

interface Options {
  /** Lengths of the queues that were there when the batch was loaded. */
  readonly queues: ReadonlyMap<string, number>
  readonly timeScale: number
  /** See `definitionOf`. */
  readonly definition: string
}

export function parking({ queues: loaded, timeScale, definition }: Options): Parking {
  const park: Parked[] = []
  const unpark: number[] = []
  const repark: Write['repark'][number][] = []
  const failures: Parking['failures'][number][] = []
  const queues = new Queues(loaded)

  function setAside(
    work: EventWork,
    state: { reason: ParkedReason; attempts: number; error?: Parked['error'] },
    next?: QueueChange['next'],
  ): Parked {
    const { origin, head, queue: name } = work
    const queue = queues.of(name)
    const entry = origin.kind === 'parked' ? origin.entry : undefined
    const change = { error: entry?.error, ...state }
    const source = sourceOf(work)
    const parked: Parked = { event: head, queue: name, source, ...change }
    if (entry !== undefined) repark.push({ ticket: entry.ticket, ...change })
    else {
      park.push(parked)
      queue.length += 1
    }
    queue.isBlocked = true
    queue.next = next ?? queue.next
    return parked
  }

  return {
    failures,
    changes: () => ({ park, unpark, repark, queues: queues.changes() }),
    mustWait: (work) => {
      if (queues.areEmpty()) return false
      const { isBlocked, length } = queues.of(work.queue)
      return isBlocked || (work.origin.kind !== 'parked' && length > 0)
    },
    behind: (work) => {
      // One that is parked stays as it is.
      if (work.origin.kind === 'parked') queues.of(work.queue).isBlocked = true
      else setAside(work, { reason: 'behind', attempts: 0 })
    },
    underWay: (work) => {
      // Should this process die meanwhile, another one may try the effect after that time.
      setAside(work, { reason: 'effect', attempts: attemptsOf(work) }, { afterMs: leaseMs(work, timeScale) })
    },
    waiting: (work) => {
      setAside(work, { reason: 'effect', attempts: attemptsOf(work) }, { afterMs: pace.dueEveryMs })
    },
    outdated: (work) => {
      // A pause, and a longer one each time: on an entity that changes all the time it would otherwise spin.
      const attempts = attemptsOf(work) + 1
      setAside(work, { reason: 'behind', attempts }, { afterMs: backoffMs(attempts) })
    },
    failed: (work, cause) => {
      const attempts = attemptsOf(work) + 1
      const final = isTerminal(cause)
      const error = {
        code: cause instanceof WaybillError ? cause.code : 'DECIDE_FAILED',
        message: messageOf(cause).slice(0, sizes.errorTextMax),
      }
      const next = final ? { never: definition } : { afterMs: backoffMs(attempts) }
      const parked = setAside(work, { reason: 'failed', attempts, error }, next)
      failures.push({ parked, cause })
    },
    settled: (work) => {
      if (work.origin.kind !== 'parked') return
      unpark.push(work.origin.entry.ticket)
      const queue = queues.of(work.queue)
      queue.length -= 1
      // Those behind it follow at once.
      queue.next = { afterMs: 0 }
    },
  }
}

export function attemptsOf({ origin }: EventWork): number {
  return origin.kind === 'parked' ? origin.entry.attempts : 0
}

function leaseMs({ calls }: EventWork, timeScale: number): number {
  const { effect } = calls.find(({ handler }) => handler.effect !== undefined)!.handler
  return 2 * attemptMs(effect!.limits, timeScale)
}

import { messageOf, WaybillError } from '../errors.ts'
import type { Parked, ParkedReason, Write } from '../ports/store.ts'
import { attemptMs, backoffMs } from './limits.ts'
import type { EventWork } from './work.ts'

/**
 * What a batch sets aside. An event that fails, or whose effect is still under way, is parked with its key; later events
 * of that key queue behind it, in order; other keys go on. Retry policies and dead letters will have their place here.
 */
export interface Parking {
  readonly park: readonly Parked[]
  readonly unpark: readonly number[]
  readonly repark: Write['repark']
  readonly failures: readonly { readonly parked: Parked; readonly cause: unknown }[]
  /** Whether an earlier event of its key is set aside. */
  mustWait(work: EventWork): boolean
  behind(work: EventWork): void
  underWay(work: EventWork): void
  /** Its effect saw a state that has changed since. */
  outdated(work: EventWork): void
  failed(work: EventWork, cause: unknown): void
  settled(work: EventWork): void
}

export function parking(now: number, parkedKeys: ReadonlySet<string>, timeScale: number): Parking {
  const park: Parked[] = []
  const unpark: number[] = []
  const repark: Write['repark'][number][] = []
  const failures: Parking['failures'][number][] = []
  const blocked = new Set(parkedKeys)

  function setAside(
    { origin, head, ...work }: EventWork,
    state: { reason: ParkedReason; nextAt: number; attempts: number; error?: Parked['error'] },
  ): Parked {
    blocked.add(head.key)
    const entry = origin.kind === 'parked' ? origin.entry : undefined
    const source = entry?.source ?? sourceOf({ origin, head, ...work })
    const change = { error: entry?.error, ...state }
    const parked: Parked = { event: head, source, since: entry?.since ?? now, ...change }
    if (entry === undefined) park.push(parked)
    else repark.push({ ticket: entry.ticket, ...change })
    return parked
  }

  return {
    park,
    unpark,
    repark,
    failures,
    mustWait: ({ origin, head }) => origin.kind !== 'parked' && blocked.has(head.key),
    behind: (work) => void setAside(work, { reason: 'behind', nextAt: 0, attempts: attemptsOf(work) }),
    underWay: (work) => {
      // Should this process die meanwhile, another one may try the effect after that time.
      const nextAt = now + leaseMs(work, timeScale)
      setAside(work, { reason: 'effect', nextAt, attempts: attemptsOf(work) })
    },
    outdated: (work) => {
      // A pause, and a longer one each time: on an entity that changes all the time it would otherwise spin.
      const attempts = attemptsOf(work) + 1
      setAside(work, { reason: 'behind', nextAt: now + backoffMs(attempts), attempts })
    },
    failed: (work, cause) => {
      const attempts = attemptsOf(work) + 1
      const final = cause instanceof WaybillError && cause.family === 'terminal'
      const parked = setAside(work, {
        reason: 'failed',
        nextAt: final ? Number.MAX_SAFE_INTEGER : now + backoffMs(attempts),
        attempts,
        error: {
          code: cause instanceof WaybillError ? cause.code : 'DECIDE_FAILED',
          message: messageOf(cause),
        },
      })
      failures.push({ parked, cause })
    },
    settled: ({ origin }) => {
      if (origin.kind === 'parked') unpark.push(origin.entry.ticket)
    },
  }
}

/** Parked events remember where they came from; these two are the service's own. */
const fromDeadline = 'deadline'
const fromSelf = 'self'

/** Whether the service sent the event to itself. */
export function isOwn({ origin }: EventWork): boolean {
  if (origin.kind === 'parked')
    return origin.entry.source === fromDeadline || origin.entry.source === fromSelf
  return origin.kind === 'deadline'
}

/** Whether an own event stands in the history already. */
export function isRecorded({ origin }: EventWork): boolean {
  if (origin.kind === 'parked') return origin.entry.source === fromSelf
  return origin.kind === 'deadline' && origin.deadline.recorded
}

function sourceOf(work: EventWork): string {
  const { origin } = work
  if (origin.kind === 'message') {
    const { source, partition, position } = origin.message
    return `${source}/${partition}/${position}`
  }
  return isRecorded(work) ? fromSelf : fromDeadline
}

function attemptsOf({ origin }: EventWork): number {
  return origin.kind === 'parked' ? origin.entry.attempts : 0
}

function leaseMs({ calls }: EventWork, timeScale: number): number {
  const { effect } = calls.find(({ handler }) => handler.effect !== undefined)!.handler
  return 2 * attemptMs(effect!.limits, timeScale)
}

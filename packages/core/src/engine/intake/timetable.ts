import { hasCode } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Sharing } from '../../ports/leases.ts'
import type { Due, Store, Write } from '../../ports/store.ts'
import { type Member, member } from '../member.ts'
import { pace } from '../pace.ts'
import type { Origin } from './work.ts'

/**
 * Knows when the next deadline or parked event is due, so that the store is asked only when there is something.
 *
 * Of several processes one has the timetable, by a lease: what a service delivers to itself then keeps its order, and
 * nobody fights for it. The others take only what follows from their own work: parked events whose effect has ended
 * with them, or whose queue they have just made free.
 *
 * All its times are by the clock that never jumps: when something is due is for the store to say, and how long until then.
 */
export interface Timetable {
  /** Resolves when it is closed. */
  run(): Promise<void>
  /** From now on nothing is due. */
  stop(): void
  /** Others may have it. */
  close(): Promise<void>
  isDue(): boolean
  /** Deadlines and parked events that are due, if any can be; at most so many of each kind. */
  take(max: number): Promise<Origin[]>
  /** A batch was committed: it may have brought the next time forward. */
  committed(write: Pick<Write, 'deadlines' | 'queues'>): void
  /** An event of this queue may go on: its effect has ended. */
  freed(queue: string): void
  /** Nothing of it for a while: it cannot be dealt with just now. */
  pause(ms: number): void
  /** Ask the store at the next chance, whatever is known. */
  look(): void
}

export interface TimetableOptions {
  readonly clock: Clock
  readonly store: Store
  readonly codec: Codec
  /** See `definitionOf`. */
  readonly definition: string
  /** `undefined`: no other process runs the service. */
  readonly sharing: Sharing | undefined
  ring(): void
}

export function timetable({ clock, store, codec, definition, sharing, ring }: TimetableOptions): Timetable {
  /** When there may be something in the store: now, at first. */
  let nextAt = 0
  let pausedUntil = 0
  let isOurs = sharing === undefined
  /** Whether what an earlier definition gave up is still to be tried again. */
  let mayRetryGivenUp = true
  let lookEveryMs: number = pace.dueEveryMs
  let lookedAt = clock.monotonic()
  let isAlone = true
  let cancel = (): void => {}
  let stopped = false
  let forgottenAt = clock.monotonic()
  /** Queues whose first event may be tried, whoever has the timetable. */
  const free = new Set<string>()

  const sharer: Member | undefined =
    sharing &&
    member({
      leases: sharing.leases,
      clock,
      as: `timetable ${sharing.instance}`,
      of: ['timetable'],
      told: ({ things, others }) => {
        const isNew = things.length > 0 && !isOurs
        isOurs = things.length > 0
        isAlone = others.length === 0
        pacing(false)
        if (!isNew) return
        mayRetryGivenUp = true
        look()
      },
    })

  /** Others may leave something behind at any moment: then it looks often, unless it has long been in vain. */
  function pacing(isFound: boolean): void {
    if (isAlone || !isOurs) lookEveryMs = pace.dueEveryMs
    else if (isFound) lookEveryMs = pace.lookForOthersMs
    else lookEveryMs = Math.min(2 * lookEveryMs, pace.lookForOthersMaxMs)
  }

  /** Looks in any case after a while, however often it is put off by what is committed here. */
  function schedule(): void {
    cancel()
    const at = Math.max(pausedUntil, Math.min(nextAt, lookedAt + lookEveryMs))
    if (!stopped) cancel = clock.timer(Math.max(at - clock.monotonic(), 0), wake)
  }

  function wake(): void {
    // A timer may be a little early, and it will not come again.
    pausedUntil = 0
    nextAt = Math.min(nextAt, clock.monotonic())
    ring()
  }

  function look(): void {
    nextAt = 0
    schedule()
  }

  function isDue(): boolean {
    const now = clock.monotonic()
    return !stopped && pausedUntil <= now && (nextAt <= now || free.size > 0)
  }

  /** @throws STORE_UNAVAILABLE, or what the codec throws that cannot tell yet how to read a payload */
  async function find(limit: number): Promise<Due | undefined> {
    const queues = [...free]
    if (!isOurs && queues.length === 0) return undefined
    if (isOurs && mayRetryGivenUp) {
      await store.retryGivenUp(definition)
      mayRetryGivenUp = false
    }
    const due = await store.due({ limit, queues, only: !isOurs })
    const events = [...due.parked.map(({ event }) => event), ...due.deadlines]
    if (events.length > 0) await codec.learn?.(events.map(({ payload }) => payload))
    // Not before: they would be forgotten if the store had not answered.
    for (const queue of queues) free.delete(queue)
    return due
  }

  /** Only tidying: what fails now is done an hour later. */
  function forget(): void {
    if (!isOurs || clock.monotonic() - forgottenAt <= pace.forgetEveryMs) return
    forgottenAt = clock.monotonic()
    void store.forget(pace.rememberMs).catch(() => {})
  }

  return {
    run: async () => {
      schedule()
      await sharer?.run()
    },
    stop: () => {
      stopped = true
      cancel()
    },
    close: async () => sharer?.stop(),
    isDue,
    take: async (max) => {
      if (!isDue()) return []
      lookedAt = clock.monotonic()
      nextAt = Infinity
      forget()
      const due = await find(max).catch((cause: unknown) => {
        if (!hasCode(cause, 'STORE_UNAVAILABLE') && !hasCode(cause, 'REGISTRY_UNAVAILABLE')) throw cause
        // It is away: look again a little later.
        pausedUntil = clock.monotonic() + pace.logAwayMs
        nextAt = 0
        return undefined
      })
      if (due?.nextInMs !== undefined) nextAt = Math.min(nextAt, clock.monotonic() + due.nextInMs)
      const isFound = due !== undefined && due.deadlines.length + due.parked.length > 0
      pacing(isFound)
      schedule()
      return due === undefined ? [] : originsOf(due)
    },
    committed: ({ deadlines, queues }) => {
      const after = deadlines.map(({ afterMs }) => afterMs)
      for (const { queue, length, next } of queues) {
        if (length === 0 || next === undefined || 'never' in next) continue
        if (next.afterMs === 0) free.add(queue)
        else after.push(next.afterMs)
      }
      if (after.length === 0) return
      nextAt = Math.min(nextAt, clock.monotonic() + Math.min(...after))
      schedule()
    },
    freed: (queue) => {
      free.add(queue)
      ring()
    },
    pause: (ms) => {
      pausedUntil = clock.monotonic() + ms
      schedule()
    },
    look,
  }
}

function originsOf({ now, parked, deadlines }: Due): Origin[] {
  return [
    ...parked.map((entry) => ({ kind: 'parked' as const, entry, ageMs: Math.max(0, now - entry.since) })),
    ...deadlines.map((deadline) => ({ kind: 'deadline' as const, deadline })),
  ]
}

import type { Clock } from '../../ports/clock.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Part, Sharing } from '../../ports/leases.ts'
import type { Store, Write } from '../../ports/store.ts'
import { member } from '../member.ts'
import { pace } from '../pace.ts'
import { agenda } from './agenda.ts'
import { dueNow, originsOf } from './due-now.ts'
import type { Origin } from './work.ts'

/**
 * Gives what a service delivers to itself, and what it has set aside, when that is due.
 *
 * Of several processes one has the timetable, by a lease: what a service delivers to itself then keeps its order, and
 * nobody fights for it. The others take only what follows from their own work: parked events whose effect has ended
 * with them, or whose queue they have just made free.
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

/** What the timetable knows beside the times. */
interface State {
  isOurs: boolean
  isAlone: boolean
  /** Whether what an earlier definition gave up is still to be tried again. */
  mayRetryGivenUp: boolean
  lookEveryMs: number
  forgottenAt: number
  /** Queues whose first event may be tried, whoever has the timetable. */
  readonly free: Set<string>
}

export function timetable(options: TimetableOptions): Timetable {
  const { clock, store, codec, sharing, ring } = options
  const times = agenda(clock, ring)
  const state: State = {
    isOurs: sharing === undefined,
    isAlone: true,
    mayRetryGivenUp: true,
    lookEveryMs: pace.dueEveryMs,
    forgottenAt: clock.monotonic(),
    free: new Set(),
  }
  const paced = (isFound: boolean): void => {
    state.lookEveryMs = paceOf(state, isFound)
    times.every(state.lookEveryMs)
  }
  const sharer =
    sharing &&
    member({
      leases: sharing.leases,
      clock,
      as: `timetable ${sharing.instance}`,
      of: ['timetable'],
      told: (part) => {
        const isNew = told(state, part)
        paced(false)
        if (isNew) times.dueIn(0)
      },
    })

  return {
    run: async () => {
      paced(false)
      await sharer?.run()
    },
    stop: times.stop,
    close: async () => sharer?.stop(),
    isDue: () => times.isDue() || (times.isOpen() && state.free.size > 0),
    take: async (max) => {
      const queues = times.isOpen() ? [...state.free].slice(0, max) : []
      if (!times.isDue() && queues.length === 0) return []
      times.asked()
      if (!state.isOurs && queues.length === 0) return []
      await tidy(state, options)
      const due = await dueNow(store, codec, { limit: max, queues, only: !state.isOurs })
      if (due === undefined) {
        times.dueIn(0)
        times.pause(pace.logAwayMs)
        return []
      }
      // Not before, and no others: one that is forgotten waits for the end of a lease.
      const found = due.parked.length > 0 ? due.parked.map(({ queue }) => queue) : queues
      for (const queue of found) state.free.delete(queue)
      const isFound = due.deadlines.length + due.parked.length > 0
      // Were something said to be due that is not there, it would be asked for again and again, and nothing else done.
      const leastMs = isFound ? 0 : pace.lookForOthersMs
      if (due.nextInMs !== undefined) times.dueIn(Math.max(due.nextInMs, leastMs))
      paced(isFound)
      return originsOf(due)
    },
    committed: (write) => {
      const nextMs = nextOf(write, state.free)
      if (nextMs < Infinity) times.dueIn(nextMs)
    },
    freed: (queue) => {
      state.free.add(queue)
      ring()
    },
    pause: times.pause,
    look: () => times.dueIn(0),
  }
}

/** @returns whether the timetable has just come to this process */
function told(state: State, { things, others }: Part): boolean {
  const isNew = things.length > 0 && !state.isOurs
  state.isOurs = things.length > 0
  state.isAlone = others.length === 0
  state.mayRetryGivenUp ||= isNew
  return isNew
}

/** Others may leave something behind at any moment: then it looks often, unless it has long been in vain. */
function paceOf({ isAlone, isOurs, lookEveryMs }: State, isFound: boolean): number {
  if (isAlone || !isOurs) return pace.dueEveryMs
  return isFound ? pace.lookForOthersMs : Math.min(2 * lookEveryMs, pace.lookForOthersMaxMs)
}

/** In how many milliseconds something of a batch is due; queues that are free at once are added to `free`. */
function nextOf({ deadlines, queues }: Pick<Write, 'deadlines' | 'queues'>, free: Set<string>): number {
  let nextMs = Infinity
  for (const { afterMs } of deadlines) nextMs = Math.min(nextMs, afterMs)
  for (const { queue, length, next } of queues) {
    if (length === 0 || next === undefined || 'never' in next) continue
    if (next.afterMs === 0) free.add(queue)
    else nextMs = Math.min(nextMs, next.afterMs)
  }
  return nextMs
}

/** What only who has the timetable does. What fails of it is done another time. */
async function tidy(state: State, { clock, store, definition }: TimetableOptions): Promise<void> {
  if (!state.isOurs) return
  if (state.mayRetryGivenUp) {
    state.mayRetryGivenUp = await store.retryGivenUp(definition).then(
      () => false,
      () => true,
    )
  }
  if (clock.monotonic() - state.forgottenAt <= pace.forgetEveryMs) return
  state.forgottenAt = clock.monotonic()
  void store.forget(pace.rememberMs).catch(() => {})
}

import { hasCode } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Due, Store, Write } from '../ports/store.ts'
import { limits } from './limits.ts'
import type { Origin } from './work.ts'

/** Knows when the next deadline or parked event is due, so that the store is asked only when there is something. */
export interface Timetable {
  start(): void
  stop(): void
  isDue(): boolean
  /** Deadlines and parked events that are due, if any can be. */
  take(max: number, keys: readonly string[]): Promise<Origin[]>
  /** A batch was committed: it may have brought the next time forward. */
  committed(write: Omit<Write, 'offsets'>): void
  /** Ask the store at the next chance, whatever is known. */
  look(): void
}

/** The store is away, or what can tell how to read a payload: look again a little later. */
function unavailable(cause: unknown): Due {
  if (hasCode(cause, 'STORE_UNAVAILABLE') || hasCode(cause, 'REGISTRY_UNAVAILABLE'))
    return { deadlines: [], parked: [], nextAt: undefined }
  throw cause
}

export function timetable(options: { clock: Clock; store: Store; codec: Codec; ring(): void }): Timetable {
  const { clock, store, codec, ring } = options
  /** When there may be something in the store: now, at first. */
  let nextAt = 0
  let cancel = (): void => {}
  let stopped = false
  let forgottenAt = clock.now()

  /** Looks in any case after a while: other processes leave things behind, too. */
  function schedule(): void {
    cancel()
    const waitMs = Math.min(Math.max(nextAt - clock.now(), 0), limits.dueEveryMs)
    if (!stopped) cancel = clock.timer(waitMs, wake)
  }

  function wake(): void {
    nextAt = Math.min(nextAt, clock.now())
    ring()
  }

  async function learned(due: Due): Promise<Due> {
    const events = [...due.parked.map(({ event }) => event), ...due.deadlines]
    if (events.length > 0) await codec.learn?.(events.map(({ payload }) => payload))
    return due
  }

  const isDue = (): boolean => !stopped && nextAt <= clock.now()

  return {
    start: schedule,
    stop: () => {
      stopped = true
      cancel()
    },
    isDue,
    take: async (max, keys) => {
      if (!isDue() && keys.length === 0) return []
      const now = clock.now()
      if (now - forgottenAt > limits.forgetEveryMs) {
        forgottenAt = now
        // Only tidying: what fails now is done an hour later.
        void store.forget(now - limits.rememberMs).catch(() => {})
      }
      const due = await store.due(now, max, keys).then(learned).catch(unavailable)
      nextAt = due.nextAt ?? Infinity
      if (due.deadlines.length + due.parked.length > 0) nextAt = Math.min(nextAt, now)
      schedule()
      return [
        ...due.parked.map((entry) => ({ kind: 'parked' as const, entry })),
        ...due.deadlines.map((deadline) => ({ kind: 'deadline' as const, deadline })),
      ]
    },
    committed: (write) => {
      const times = [
        ...write.deadlines.map(({ dueAt }) => dueAt),
        ...[...write.park, ...write.repark].map((p) => p.nextAt),
      ]
      if (times.length > 0) nextAt = Math.min(nextAt, ...times)
      if (write.unpark.length > 0) nextAt = 0
      schedule()
    },
    look: () => {
      nextAt = 0
      schedule()
    },
  }
}

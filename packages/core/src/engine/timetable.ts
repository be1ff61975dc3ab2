import { hasCode } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Sharing } from '../ports/leases.ts'
import type { Due, Store, Write } from '../ports/store.ts'
import { limits } from './limits.ts'
import { member } from './member.ts'
import type { Origin } from './work.ts'

/**
 * Knows when the next deadline or parked event is due, so that the store is asked only when there is something.
 *
 * Of several processes one has the timetable, by a lease: what a service delivers to itself then keeps its order, and
 * nobody fights for it. The others take only what follows from their own work: parked events whose effect has ended
 * with them, or whose key they have just made free.
 */
export interface Timetable {
  /** Resolves when it is closed. */
  run(): Promise<void>
  /** From now on nothing is due. */
  stop(): void
  /** Others may have it. */
  close(): Promise<void>
  isDue(): boolean
  /** Deadlines and parked events that are due, if any can be. */
  take(max: number, keys: readonly string[]): Promise<Origin[]>
  /** A batch was committed: it may have brought the next time forward. */
  committed(write: Omit<Write, 'offsets'>): void
  /** Ask the store at the next chance, whatever is known. */
  look(): void
}

const nothing: Due = { deadlines: [], parked: [], nextAt: undefined }

/** The store is away, or what can tell how to read a payload: look again a little later. */
function unavailable(cause: unknown): Due {
  if (hasCode(cause, 'STORE_UNAVAILABLE') || hasCode(cause, 'REGISTRY_UNAVAILABLE')) return nothing
  throw cause
}

/** @param options.sharing `undefined`: no other process runs the service */
export function timetable(options: {
  clock: Clock
  store: Store
  codec: Codec
  sharing: Sharing | undefined
  ring(): void
}): Timetable {
  const { clock, store, codec, sharing, ring } = options
  /** When there may be something in the store: now, at first. */
  let nextAt = 0
  let isOurs = sharing === undefined
  let lookEveryMs: number = limits.dueEveryMs
  let lookedAt = clock.now()
  let isAlone = true
  let cancel = (): void => {}
  let stopped = false
  let forgottenAt = clock.now()
  /** The keys of the parked events that were taken last, by ticket. */
  let taken = new Map<number, string>()
  /** Keys whose next parked event may be tried, since the one before it is settled. */
  const freed = new Set<string>()

  const sharer =
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
        pace(false)
        if (isNew) look()
      },
    })

  /** Others may leave something behind at any moment: then it looks often, unless it has long been in vain. */
  function pace(isFound: boolean): void {
    if (isAlone || !isOurs) lookEveryMs = limits.dueEveryMs
    else if (isFound) lookEveryMs = limits.lookForOthersMs
    else lookEveryMs = Math.min(2 * lookEveryMs, limits.lookForOthersMaxMs)
  }

  /** Looks in any case after a while, however often it is put off by what is committed here. */
  function schedule(): void {
    cancel()
    const waitMs = Math.min(nextAt, lookedAt + lookEveryMs) - clock.now()
    if (!stopped) cancel = clock.timer(Math.max(waitMs, 0), wake)
  }

  function wake(): void {
    nextAt = Math.min(nextAt, clock.now())
    ring()
  }

  function look(): void {
    nextAt = 0
    schedule()
  }

  async function learned(due: Due): Promise<Due> {
    const events = [...due.parked.map(({ event }) => event), ...due.deadlines]
    if (events.length > 0) await codec.learn?.(events.map(({ payload }) => payload))
    return due
  }

  const isDue = (): boolean => !stopped && nextAt <= clock.now()

  async function find(max: number, keys: readonly string[]): Promise<Due> {
    if (!isOurs && keys.length + freed.size === 0) return nothing
    return store
      .due(isOurs ? clock.now() : undefined, max, isOurs ? keys : [...keys, ...freed])
      .then(learned)
      .catch(unavailable)
  }

  /** Only tidying: what fails now is done an hour later. */
  function forget(): void {
    if (!isOurs || clock.now() - forgottenAt <= limits.forgetEveryMs) return
    forgottenAt = clock.now()
    void store.forget(forgottenAt - limits.rememberMs).catch(() => {})
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
    take: async (max, keys) => {
      if (!isDue() && keys.length === 0) return []
      const now = clock.now()
      lookedAt = now
      forget()
      const due = await find(max, keys)
      freed.clear()
      const isFound = due.deadlines.length + due.parked.length > 0
      nextAt = isFound ? Math.min(due.nextAt ?? Infinity, now) : (due.nextAt ?? Infinity)
      taken = new Map(due.parked.map(({ ticket, event }) => [ticket, event.key]))
      pace(isFound)
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
      for (const ticket of write.unpark) freed.add(taken.get(ticket)!)
      schedule()
    },
    look,
  }
}

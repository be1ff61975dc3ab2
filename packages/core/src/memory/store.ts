import type { ServiceDef } from '../contract/service.ts'
import { WaybillError } from '../errors.ts'
import { sizes } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import {
  type Loaded,
  type Need,
  type ParkedEntry,
  rowId,
  type RowSelection,
  type Store,
  type StoredEvent,
  type Write,
} from '../ports/store.ts'
import { check } from './check.ts'
import { type Data, emptyData, offsetId } from './data.ts'
import { due } from './due.ts'
import { copied } from './json.ts'
import { page } from './page.ts'

/** A batch that takes longer between load and write is called off: a database does not keep its locks for ever, either. */
const transactionMsMax = 6_000

/**
 * A store in memory: for tests and simulations. Several handles on the same `memoryData` are like several processes on
 * one database. Transactions run one after the other. It refuses what a database would, and gives back what one would.
 */
export function memoryStore(service: string, data: MemoryData = memoryData()): Store {
  const held = data as Data
  /** One transaction at a time, in the order of their calls. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = held.queue.then(work)
    held.queue = result.catch(() => undefined)
    return result
  }
  return {
    ...held.leases,
    service,
    open: async (definition: ServiceDef) => {
      for (const { name } of definition.views) if (!held.rows.has(name)) held.rows.set(name, new Map())
    },
    close: async () => {},
    load: async (need) => load(held, need),
    transact: (need, decide) =>
      exclusive(async () => {
        const startedAt = held.clock.monotonic()
        const write = await decide(load(held, need), async (more) => load(held, more))
        if (held.clock.monotonic() - startedAt > transactionMsMax) {
          throw new WaybillError('STORE_UNAVAILABLE', 'The transaction took too long.')
        }
        check(held, write, need)
        const firstPosition = held.events.length + 1
        const left = new Set(write.unclaim)
        apply(held, write, left.size === 0 ? need.claim : need.claim.filter((id) => !left.has(id)))
        return { firstPosition }
      }),
    offsets: async () => [...held.offsets.values()],
    due: async (ask) => due(held, ask),
    retryGivenUp: async (definition) => {
      for (const queue of held.parked.values()) {
        if (queue.givenUpBy !== undefined && queue.givenUpBy !== definition) {
          Object.assign(queue, { givenUpBy: undefined, dueAt: held.clock.now() })
        }
      }
    },
    published: async (after, topics, limit) => {
      const wanted = held.events
        .slice(Math.max(after, 0))
        .filter(({ topic }) => topic !== undefined && topics.includes(topic))
      const events = page(wanted, limit)
      const upTo = events.length < wanted.length ? events.at(-1)!.position : held.events.length
      return { events, upTo, atEnd: upTo === held.events.length }
    },
    recent: () => undefined,
    history: async (subject, { after = 0, until, limit = sizes.pageEventsMax } = {}) =>
      page(
        held.events.filter(
          (event) =>
            event.position > after &&
            (event.subject === subject || event.alsoSubjects.includes(subject)) &&
            (until === undefined ||
              ('time' in until ? event.at <= until.time.getTime() : event.position <= until.position)),
        ),
        limit,
      ),
    correlated: async (correlationId, limit) =>
      held.events.filter((event) => event.correlationId === correlationId).slice(0, limit),
    parked: async (limit) => page(allParked(held), limit),
    selectRows: async (selection) => select(held, selection),
    nextNumber: async (sequence) => {
      const number = (held.sequences.get(sequence) ?? 0) + 1
      held.sequences.set(sequence, number)
      return number
    },
    notes: async () => held.notes,
    keepNotes: async (notes) => {
      held.notes = new Map(notes)
    },
    holds: async (what) =>
      'entity' in what
        ? [...held.snapshots.keys()].some((subject) => subject.startsWith(`${what.entity}/`))
        : isIn(held, what.event),
    forget: async (claimedBeforeMs) => {
      const now = held.clock.now()
      for (const [id, at] of held.claimed) if (at < now - claimedBeforeMs) held.claimed.delete(id)
      for (const [slot, { until }] of held.replies) if (until < now) held.replies.delete(slot)
    },
  }
}

/** What memory stores keep; hand the same to several to let them share it. */
export interface MemoryData {
  readonly events: readonly StoredEvent[]
}

/** @param clock the time of what is due and of leases, which all handles share; default: that of the machine */
export function memoryData(clock?: Clock): MemoryData {
  return emptyData(clock)
}

function load(data: Data, need: Need): Loaded {
  return {
    duplicates: new Set(need.claim.filter((id) => data.claimed.has(id))),
    snapshots: pick(need.subjects, (subject) => data.snapshots.get(subject)),
    rows: new Map(
      need.rows.flatMap(({ view, key }) => {
        const row = data.rows.get(view)?.get(key)
        return row === undefined ? [] : [[rowId(view, key), row] as const]
      }),
    ),
    queues: pick(need.queues, (queue) => data.parked.get(queue)?.entries.size),
    replies: pick(need.slots, (slot) => data.replies.get(slot)),
  }
}

function pick<V>(keys: readonly string[], find: (key: string) => V | undefined): Map<string, V> {
  return new Map(
    keys.flatMap((key) => {
      const value = find(key)
      return value === undefined ? [] : [[key, value] as const]
    }),
  )
}

/** Whether an event of this type has happened, is to come or is set aside. */
function isIn({ events, deadlines, parked }: Data, type: string): boolean {
  const aside = [...parked.values()].flatMap(({ entries }) => [...entries.values()])
  return (
    events.some((event) => event.type === type) ||
    [...deadlines.values()].some(({ deadline }) => deadline.type === type) ||
    aside.some(({ event }) => event.type === type)
  )
}

function apply(data: Data, write: Write, claim: Need['claim']): void {
  const now = data.clock.now()
  for (const id of claim) if (!data.claimed.has(id)) data.claimed.set(id, now)
  for (const event of write.events) data.events.push({ ...event, position: data.events.length + 1 })
  for (const { expected: _, ...snapshot } of write.snapshots) {
    data.snapshots.set(snapshot.subject, { ...snapshot, state: copied(snapshot.state) })
  }
  for (const { view, key, row } of write.rows) {
    if (row === undefined) data.rows.get(view)!.delete(key)
    else data.rows.get(view)!.set(key, copied(row))
  }
  for (const id of write.firedDeadlines) data.deadlines.delete(id)
  for (const { afterMs, ...deadline } of write.deadlines) {
    data.deadlines.set(deadline.id, { deadline, dueAt: now + afterMs })
  }
  applyParked(data, write, now)
  for (const { expected: _, ...offset } of write.offsets) {
    data.offsets.set(offsetId(offset.source, offset.partition), offset)
  }
  for (const { keepMs, ...reply } of write.replies) {
    data.replies.set(reply.slot, { ...reply, reply: copied(reply.reply), until: now + keepMs })
  }
}

function applyParked(data: Data, write: Write, now: number): void {
  const settled = new Set(write.unpark)
  const changed = new Map(write.repark.map((change) => [change.ticket, change]))
  for (const { queue, length, next } of write.queues) {
    const found = data.parked.get(queue) ?? { entries: new Map(), dueAt: now, givenUpBy: undefined }
    data.parked.set(queue, found)
    for (const [ticket, entry] of found.entries) {
      if (settled.has(ticket)) found.entries.delete(ticket)
      else if (changed.has(ticket)) found.entries.set(ticket, { ...entry, ...changed.get(ticket) })
      // Those that a write changes are the first of their queue.
      else break
    }
    if (next !== undefined) {
      found.givenUpBy = 'never' in next ? next.never : undefined
      found.dueAt = 'never' in next ? Number.POSITIVE_INFINITY : now + next.afterMs
    }
    if (length === 0) data.parked.delete(queue)
  }
  for (const parked of write.park) {
    const ticket = data.nextTicket++
    data.parked.get(parked.queue)!.entries.set(ticket, { ...parked, ticket, since: now })
  }
}

function allParked(data: Data): ParkedEntry[] {
  return [...data.parked.values()]
    .flatMap(({ entries, dueAt }) =>
      [...entries.values()].map((entry) => ({
        ...entry,
        nextAt: dueAt === Number.POSITIVE_INFINITY ? undefined : dueAt,
      })),
    )
    .sort((a, b) => a.ticket - b.ticket)
}

function select(data: Data, selection: RowSelection): { key: string; row: unknown }[] {
  const { view, where, limit, order, after } = selection
  const sign = order === 'ascending' ? 1 : -1
  const compare = (a: string, b: string): number => (a < b ? -sign : a > b ? sign : 0)
  return [...(data.rows.get(view) ?? [])]
    .map(([key, row]) => ({ key, row }))
    .filter(({ row }) =>
      Object.entries(where).every(([field, value]) => (row as Record<string, unknown>)[field] === value),
    )
    .sort((a, b) => compare(a.key, b.key))
    .filter(({ key }) => after === undefined || compare(key, after) > 0)
    .slice(0, limit)
}

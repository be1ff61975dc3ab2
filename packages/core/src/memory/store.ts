import type { ServiceDef } from '../contract/service.ts'
import { WaybillError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Leases } from '../ports/leases.ts'
import {
  type Deadline,
  type Due,
  type Loaded,
  type Need,
  type Offset,
  type ParkedEntry,
  rowId,
  type RowSelection,
  type Snapshot,
  type Store,
  type StoredEvent,
  type StoredReply,
  type Write,
} from '../ports/store.ts'
import { memoryLeases } from './leases.ts'

/** Everything that one service knows. */
interface Data {
  readonly events: (StoredEvent & { readonly alsoSubjects: readonly string[] })[]
  readonly snapshots: Map<string, Snapshot>
  readonly rows: Map<string, Map<string, unknown>>
  readonly deadlines: Map<string, Deadline>
  readonly parked: Map<number, ParkedEntry>
  readonly offsets: Map<string, Offset>
  readonly claimed: Map<string, number>
  readonly replies: Map<string, StoredReply & { readonly at: number }>
  readonly sequences: Map<string, number>
  readonly leases: Leases
  nextTicket: number
  /** The last transaction: they run one after the other. */
  queue: Promise<unknown>
}

/**
 * A store in memory: for tests and simulations. Several handles on the same `memoryData` are like several processes on
 * one database. Transactions run one after the other.
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
        const write = await decide(load(held, need), async (more) => load(held, more))
        check(held, write)
        const firstPosition = held.events.length + 1
        apply(held, write, need.claim)
        return { firstPosition }
      }),
    offsets: async () => [...held.offsets.values()],
    due: async (now, limit, keys) => due(held, now, limit, keys),
    published: async (after, topics, limit) => {
      const events = held.events
        .slice(Math.max(after, 0))
        .filter(({ topic }) => topic !== undefined && topics.includes(topic))
        .slice(0, limit)
      const upTo = events.length < limit ? held.events.length : events.at(-1)!.position
      return { events, upTo, atEnd: upTo === held.events.length }
    },
    history: async (subject, until) =>
      held.events.filter(
        (event) =>
          (event.subject === subject || event.alsoSubjects.includes(subject)) &&
          (until === undefined ||
            ('time' in until ? event.at <= until.time.getTime() : event.position <= until.position)),
      ),
    correlated: async (correlationId, limit) =>
      held.events.filter((event) => event.correlationId === correlationId).slice(0, limit),
    parked: async (limit) => [...held.parked.values()].slice(0, limit),
    selectRows: async (selection) => select(held, selection),
    nextNumber: async (sequence) => {
      const number = (held.sequences.get(sequence) ?? 0) + 1
      held.sequences.set(sequence, number)
      return number
    },
    forget: async (before) => {
      for (const [id, at] of held.claimed) if (at < before) held.claimed.delete(id)
      for (const [slot, { at }] of held.replies) if (at < before) held.replies.delete(slot)
    },
  }
}

/** What memory stores keep; hand the same to several to let them share it. */
export interface MemoryData {
  readonly events: readonly StoredEvent[]
}

/** @param clock the time of leases; without one they end only when their member leaves */
export function memoryData(clock?: Clock): MemoryData {
  const data: Data = {
    events: [],
    snapshots: new Map(),
    rows: new Map(),
    deadlines: new Map(),
    parked: new Map(),
    offsets: new Map(),
    claimed: new Map(),
    replies: new Map(),
    sequences: new Map(),
    leases: memoryLeases(clock),
    nextTicket: 1,
    queue: Promise.resolve(),
  }
  return data
}

function load(data: Data, need: Need): Loaded {
  const parkedKeys = new Set([...data.parked.values()].map(({ event }) => event.key))
  return {
    duplicates: new Set(need.claim.flatMap(({ id }) => (data.claimed.has(id) ? [id] : []))),
    snapshots: pick(need.subjects, (subject) => data.snapshots.get(subject)),
    rows: new Map(
      need.rows.flatMap(({ view, key }) => {
        const row = data.rows.get(view)?.get(key)
        return row === undefined ? [] : [[rowId(view, key), row] as const]
      }),
    ),
    parkedKeys: new Set(need.keys.filter((key) => parkedKeys.has(key))),
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

/** Everything that can make a write fail, before anything of it is done. */
function check(data: Data, write: Write): void {
  const conflict = (what: string): never => {
    throw new WaybillError('BATCH_CONFLICT', what)
  }
  for (const { subject, expected } of write.snapshots) {
    if ((data.snapshots.get(subject)?.version ?? 0) !== expected) conflict(`${subject} has changed.`)
  }
  for (const id of write.firedDeadlines) if (!data.deadlines.has(id)) conflict(`Deadline ${id} has fired.`)
  for (const ticket of [...write.unpark, ...write.repark.map((entry) => entry.ticket)]) {
    if (!data.parked.has(ticket)) conflict(`Parked event ${ticket} is settled.`)
  }
  for (const { slot } of write.replies) if (data.replies.has(slot)) conflict(`Reply ${slot} exists.`)
  for (const { source, partition, expected } of write.offsets) {
    if ((data.offsets.get(offsetId(source, partition))?.next ?? 0) !== expected) {
      throw new WaybillError(
        'OFFSETS_LOST',
        `Partition ${partition} of ${source} was moved on by another process.`,
      )
    }
  }
}

function apply(data: Data, write: Write, claim: Need['claim']): void {
  for (const { id, at } of claim) if (!data.claimed.has(id)) data.claimed.set(id, at)
  for (const event of write.events) data.events.push({ ...event, position: data.events.length + 1 })
  for (const { subject, version, state } of write.snapshots)
    data.snapshots.set(subject, { subject, version, state })
  for (const { view, key, row } of write.rows) {
    if (row === undefined) data.rows.get(view)!.delete(key)
    else data.rows.get(view)!.set(key, row)
  }
  for (const id of write.firedDeadlines) data.deadlines.delete(id)
  for (const deadline of write.deadlines) data.deadlines.set(deadline.id, deadline)
  for (const ticket of write.unpark) data.parked.delete(ticket)
  for (const { ticket, ...change } of write.repark) {
    data.parked.set(ticket, { ...data.parked.get(ticket)!, ...change })
  }
  for (const parked of write.park) {
    const ticket = data.nextTicket++
    data.parked.set(ticket, { ...parked, ticket })
  }
  for (const { source, partition, next } of write.offsets) {
    data.offsets.set(offsetId(source, partition), { source, partition, next })
  }
  for (const reply of write.replies) data.replies.set(reply.slot, reply)
}

function due(data: Data, now: number | undefined, limit: number, keys: readonly string[]): Due {
  const heads = new Map<string, ParkedEntry>()
  for (const entry of data.parked.values()) if (!heads.has(entry.event.key)) heads.set(entry.event.key, entry)
  const parked = [...heads.values()]
    .filter(({ event, nextAt }) => (now !== undefined && nextAt <= now) || keys.includes(event.key))
    .slice(0, limit)
  if (now === undefined) return { deadlines: [], parked, nextAt: undefined }

  const all = [...data.deadlines.values()]
  const recorded = all.filter((deadline) => deadline.recorded)
  const later = all.filter((deadline) => !deadline.recorded).sort((a, b) => a.dueAt - b.dueAt)
  const ready = later.filter(({ dueAt }) => dueAt <= now).slice(0, limit)
  const times = [
    ...(recorded.length > limit ? [now] : []),
    ...later.slice(ready.length).map(({ dueAt }) => dueAt),
    ...[...heads.values()].filter((entry) => !parked.includes(entry)).map(({ nextAt }) => nextAt),
  ]
  return {
    deadlines: [...recorded.slice(0, limit), ...ready],
    parked,
    nextAt: times.length === 0 ? undefined : Math.min(...times),
  }
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

function offsetId(source: string, partition: number): string {
  return `${source}/${partition}`
}

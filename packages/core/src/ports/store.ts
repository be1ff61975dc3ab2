import type { Moment } from '../contract/read.ts'
import type { ServiceDef } from '../contract/service.ts'
import type { Leases } from './leases.ts'

/** The head of an event: everything but its payload. */
export interface EventHead {
  /** UUID. */
  readonly id: string
  readonly type: string
  /** The topic it is published to; `undefined` for one that stays in the service's history. */
  readonly topic: string | undefined
  /** Events with the same key are handled one after the other. */
  readonly key: string
  /** The entity that it belongs to first, e.g. `order/0192…`. */
  readonly subject: string | undefined
  readonly correlationId: string
  readonly causationId: string | undefined
  /** W3C trace context that came from outside; without one it follows from the correlation id. */
  readonly traceparent: string | undefined
  /** Milliseconds since 1970. Within a service it never runs backwards. */
  readonly at: number
}

/** An event to be written. */
export interface NewEvent extends EventHead {
  readonly payload: Uint8Array
  /** Further entities whose history it belongs to. */
  readonly alsoSubjects: readonly string[]
}

/** An event as it stands in a service's log. */
export interface StoredEvent extends EventHead {
  readonly payload: Uint8Array
  /** Dense, from 1, in commit order. */
  readonly position: number
}

/** State of an entity and how many events it was folded from. */
export interface Snapshot {
  readonly subject: string
  readonly version: number
  readonly state: unknown
}

export interface ViewRow {
  readonly view: string
  readonly key: string
  /** `undefined` deletes it. */
  readonly row: unknown
}

/** An event that the service delivers to itself: at once, or when it is due. */
export interface Deadline extends EventHead {
  readonly payload: Uint8Array
  readonly dueAt: number
  /** Whether it stands in the history already: then it is due at once. A delayed one is recorded when it fires. */
  readonly recorded: boolean
}

/** Why an event is set aside. `failed`: it will be tried again. `effect`: its effect is under way. `behind`: an earlier one of its key is set aside. */
export type ParkedReason = 'failed' | 'effect' | 'behind'

/** An event that is set aside; later ones of its key queue behind it, in order. */
export interface Parked {
  readonly event: EventHead & { readonly payload: Uint8Array }
  /** Where it came from: source, partition and position of a log, such as `orders/3/1472`; `deadline`, or `self`. */
  readonly source: string
  readonly reason: ParkedReason
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** When it was first set aside. */
  readonly since: number
  /** Not tried before. */
  readonly nextAt: number
}

/** A parked event with its place in its key's queue. */
export interface ParkedEntry extends Parked {
  /** Rises in the order of arrival. */
  readonly ticket: number
}

/** How far a consumer has come in one partition of a source. */
export interface Offset {
  readonly source: string
  readonly partition: number
  /** The position to read next. */
  readonly next: number
}

/** The answer of an earlier command with the same idempotency key. */
export interface StoredReply {
  readonly slot: string
  /** Of the request: the same key with another one is refused. */
  readonly fingerprint: string
  readonly reply: unknown
}

/** What a batch needs to know before it decides. */
export interface Need {
  /**
   * Received events, each with the time of its claim; those seen before are duplicates. Empty where the log cannot repeat.
   * An id stays claimed only if the batch commits.
   */
  readonly claim: readonly { readonly id: string; readonly at: number }[]
  readonly subjects: readonly string[]
  readonly rows: readonly { readonly view: string; readonly key: string }[]
  /** Keys of received events: which of them have parked events? */
  readonly keys: readonly string[]
  readonly slots: readonly string[]
}

/** The empty need, to be filled in. */
export const needNothing: Need = { claim: [], subjects: [], rows: [], keys: [], slots: [] }

export interface Loaded {
  readonly duplicates: ReadonlySet<string>
  /** By subject; one without history is missing. */
  readonly snapshots: ReadonlyMap<string, Snapshot>
  /** By `rowId(view, key)`. */
  readonly rows: ReadonlyMap<string, unknown>
  readonly parkedKeys: ReadonlySet<string>
  /** By slot. */
  readonly replies: ReadonlyMap<string, StoredReply>
}

/** Everything that a batch changes. It happens as a whole or not at all. */
export interface Write {
  readonly events: readonly NewEvent[]
  /** `version` is the new one, `expected` the one that was loaded (0: none). */
  readonly snapshots: readonly (Snapshot & { readonly expected: number })[]
  readonly rows: readonly ViewRow[]
  readonly deadlines: readonly Deadline[]
  /** Ids of deadlines that this batch handles. */
  readonly firedDeadlines: readonly string[]
  readonly park: readonly Parked[]
  /** Tickets of parked events that this batch settles. */
  readonly unpark: readonly number[]
  /** Parked events that stay first of their key, tried once more. */
  readonly repark: readonly Pick<ParkedEntry, 'ticket' | 'reason' | 'attempts' | 'error' | 'nextAt'>[]
  readonly offsets: readonly (Offset & { readonly expected: number })[]
  readonly replies: readonly (StoredReply & { readonly at: number })[]
}

/** The write that changes nothing, to be filled in. */
export const writeNothing: Write = {
  events: [],
  snapshots: [],
  rows: [],
  deadlines: [],
  firedDeadlines: [],
  park: [],
  unpark: [],
  repark: [],
  offsets: [],
  replies: [],
}

export interface Due {
  readonly deadlines: readonly Deadline[]
  /** The first of each key, if it may be tried now. */
  readonly parked: readonly ParkedEntry[]
  /** When the next one becomes due; `undefined`: there is none. */
  readonly nextAt: number | undefined
}

/** A stretch of a service's log. */
export interface PublishedPage {
  readonly events: readonly StoredEvent[]
  /** The last position that was searched: up to it nothing else is wanted. */
  readonly upTo: number
  /** Whether that is the end of the log, for now. */
  readonly atEnd: boolean
}

export interface RowSelection {
  readonly view: string
  readonly where: Readonly<Record<string, unknown>>
  readonly limit: number
  readonly order: 'ascending' | 'descending'
  /** The key after which the page begins. */
  readonly after: string | undefined
}

/**
 * The state of one service: events, entities, views, deadlines, offsets, all changed together. And the leases by which
 * its processes share their work.
 *
 * Contract, checked by the conformance suite:
 * - `transact` is atomic: all of a write or nothing, whatever crashes at whatever moment. A resolved promise means durable
 *   (as far as the store promises durability).
 * - Positions are dense, start at 1, and rise in commit order; so they keep the order of each key.
 * - Between load and commit, no one else changes a loaded entity. Where that cannot be prevented, the write fails.
 * - The write fails as a whole with BATCH_CONFLICT when a snapshot's version, a fired deadline or a parked ticket is not what
 *   was loaded, and with OFFSETS_LOST when an offset is not what was expected: so an old owner can write nothing.
 * - A slot of a reply that is written twice is a BATCH_CONFLICT. Rows of views lose no update: where two batches would fold
 *   the same row from the same state, one of them conflicts or waits.
 * - Keys and subjects sort by character, not by language. Keys, states and rows may hold any text, U+0000 included.
 * - STORE_UNAVAILABLE means that nothing was written. A store that loses its connection while it commits finds out first.
 */
export interface Store extends Leases {
  readonly service: string
  /** Makes ready: migrations, tables of the views. Safe when several processes do it at once. */
  open(service: ServiceDef): Promise<void>
  close(): Promise<void>
  /** The same as the first step of `transact`, without locks and without claiming. */
  load(need: Need): Promise<Loaded>
  /**
   * One transaction: load, decide, write. `decide` may load more, and may run again after a conflict inside the store.
   * @returns the position of the first event written
   */
  transact(
    need: Need,
    decide: (loaded: Loaded, more: (need: Need) => Promise<Loaded>) => Promise<Write> | Write,
  ): Promise<{ readonly firstPosition: number }>
  offsets(): Promise<readonly Offset[]>
  /**
   * What a service has to deliver to itself: recorded events, in the order of their commits, then other deadlines that
   * are due, the earliest first; and parked events that may be tried now, of these keys in any case.
   * @param now `undefined`: only the parked events of these keys
   * @param limit of each kind
   */
  due(now: number | undefined, limit: number, keys: readonly string[]): Promise<Due>
  /** Published events of these topics after a position, in order. */
  published(after: number, topics: readonly string[], limit: number): Promise<PublishedPage>
  /** The events of one entity, in order, up to a moment. */
  history(subject: string, until?: Moment): Promise<readonly StoredEvent[]>
  /** All events of a flow in this service, in order. */
  correlated(correlationId: string, limit: number): Promise<readonly StoredEvent[]>
  /** What is set aside, oldest first. */
  parked(limit: number): Promise<readonly ParkedEntry[]>
  selectRows(selection: RowSelection): Promise<readonly { readonly key: string; readonly row: unknown }[]>
  nextNumber(sequence: string): Promise<number>
  /** Forgets claimed event ids and stored replies that are older. */
  forget(before: number): Promise<void>
}

/** The key of a view's row in `Loaded.rows`. */
export function rowId(view: string, key: string): string {
  return `${view}/${key}`
}

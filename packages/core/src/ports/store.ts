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
  /** Which way of folding made it, see `waysOf`: by any other it is folded anew. 0: that is not known. */
  readonly way: number
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
  /** Whether it stands in the history already: then it is due at once. A delayed one is recorded when it fires. */
  readonly recorded: boolean
}

/** A deadline to be written. */
export interface NewDeadline extends Deadline {
  /** Milliseconds from the commit on. When that is, only the store's clock says: those of processes may differ. */
  readonly afterMs: number
}

/** Why an event is set aside. `failed`: it will be tried again. `effect`: its effect is under way. `behind`: an earlier one of its queue is set aside. */
export type ParkedReason = 'failed' | 'effect' | 'behind'

/** An event that is set aside; later ones of its queue stand behind it, in order. */
export interface Parked {
  readonly event: EventHead & { readonly payload: Uint8Array }
  /** The queue that it stands in: its key, in one of the lanes that the engine knows. At most `keyBytesMax` + 10 bytes. */
  readonly queue: string
  /** Where it came from: producer, topic, partition and position, such as `order/orders/3/1472`; `deadline`, or `self`. */
  readonly source: string
  readonly reason: ParkedReason
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string } | undefined
}

/** A parked event with its place in its queue. Times are the store's: milliseconds since 1970. */
export interface ParkedEntry extends Parked {
  /** Rises in the order of arrival. */
  readonly ticket: number
  /** When it was first set aside. */
  readonly since: number
  /** When its queue is tried next; `undefined`: not by itself. */
  readonly nextAt: number | undefined
}

/** What becomes of a queue of parked events. */
export interface QueueChange {
  readonly queue: string
  /** How many events stood in it when it was loaded; 0: none, there was no such queue. */
  readonly expected: number
  /** How many stand in it now; 0: it is gone. */
  readonly length: number
  /** Its first event is not tried before so many milliseconds are over, from the commit on. */
  readonly next:
    | { readonly afterMs: number }
    /** Not by itself: not before somebody, or a definition other than this one, can deal with it. */
    | { readonly never: string }
    /** As it was. */
    | undefined
}

/** How far a consumer has come in one partition of a source. */
export interface Offset {
  readonly source: string
  readonly partition: number
  /** The position to read next. */
  readonly next: number
  /** What the log wants to know again with the position, such as which topic of that name it was. Not looked into. */
  readonly mark?: string | undefined
}

/** The answer of an earlier command with the same idempotency key. */
export interface StoredReply {
  readonly slot: string
  /** Of the request: the same key with another one is refused. */
  readonly fingerprint: string
  readonly reply: unknown
}

/** A reply to be kept. */
export interface NewReply extends StoredReply {
  /** For so long; then it may be forgotten. */
  readonly keepMs: number
}

/** What a batch needs to know before it decides. */
export interface Need {
  /**
   * Names of received events, any texts; those seen before are duplicates. Empty where the log cannot repeat. A name stays
   * claimed only if the batch commits.
   */
  readonly claim: readonly string[]
  readonly subjects: readonly string[]
  readonly rows: readonly { readonly view: string; readonly key: string }[]
  /** Queues in which events of this batch would stand if they had to wait: which of them are there? */
  readonly queues: readonly string[]
  readonly slots: readonly string[]
}

/** The empty need, to be filled in. */
export const needNothing: Need = { claim: [], subjects: [], rows: [], queues: [], slots: [] }

export interface Loaded {
  readonly duplicates: ReadonlySet<string>
  /** By subject; one without history is missing. */
  readonly snapshots: ReadonlyMap<string, Snapshot>
  /** By `rowId(view, key)`. */
  readonly rows: ReadonlyMap<string, unknown>
  /** How many events stand in a queue; one without parked events is missing. */
  readonly queues: ReadonlyMap<string, number>
  /** By slot. */
  readonly replies: ReadonlyMap<string, StoredReply>
}

/** Everything that a batch changes. It happens as a whole or not at all. */
export interface Write {
  /** Of the names that its need has claimed, those that it leaves to another batch after all. */
  readonly unclaim: readonly string[]
  readonly events: readonly NewEvent[]
  /** `version` is the new one, `expected` the one that was loaded (0: none). */
  readonly snapshots: readonly (Snapshot & { readonly expected: number })[]
  readonly rows: readonly ViewRow[]
  readonly deadlines: readonly NewDeadline[]
  /** Ids of deadlines that this batch handles. */
  readonly firedDeadlines: readonly string[]
  readonly park: readonly Parked[]
  /** Tickets of parked events that this batch settles. */
  readonly unpark: readonly number[]
  /** Parked events that stay first of their queue, tried once more. */
  readonly repark: readonly Pick<ParkedEntry, 'ticket' | 'reason' | 'attempts' | 'error'>[]
  /** Every queue that `park`, `unpark` and `repark` change. */
  readonly queues: readonly QueueChange[]
  readonly offsets: readonly (Offset & { readonly expected: number })[]
  readonly replies: readonly NewReply[]
}

/** The write that changes nothing, to be filled in. */
export const writeNothing: Write = {
  unclaim: [],
  events: [],
  snapshots: [],
  rows: [],
  deadlines: [],
  firedDeadlines: [],
  park: [],
  unpark: [],
  repark: [],
  queues: [],
  offsets: [],
  replies: [],
}

export interface Due {
  /** The store's time when it looked: milliseconds since 1970. */
  readonly now: number
  readonly deadlines: readonly Deadline[]
  /** The first events of queues that may be tried now, those of one queue side by side and in order. */
  readonly parked: readonly ParkedEntry[]
  /** In how many milliseconds the next one becomes due; 0: more is due than was asked for; `undefined`: there is none. */
  readonly nextInMs: number | undefined
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
 * - The write fails as a whole with BATCH_CONFLICT when a snapshot's version, a fired deadline, a parked ticket or the length
 *   of a queue is not what was loaded, and with OFFSETS_LOST when an offset is not what was expected: so an old owner can
 *   write nothing.
 * - A slot of a reply that is written twice is a BATCH_CONFLICT. Rows of views lose no update: where two batches would fold
 *   the same row from the same state, one of them conflicts or waits.
 * - A conflict is only what a race can bring about. A write that could never succeed, such as one that names an entity twice
 *   in one event, fails with another error.
 * - Keys and subjects sort by character, not by language. Keys, states and rows may hold any text, U+0000 included.
 * - Time is the store's own, wherever something is due, kept for a while, or forgotten. Clocks of processes do not matter.
 * - A page (of `published`, `due`, `parked`, `history`) ends with the event whose payload makes it `pageBytesMax` or more.
 * - No write and no look-up becomes slower by what is stored, parked, or due later, nor while somebody holds a snapshot.
 * - STORE_UNAVAILABLE means that nothing was written. A store that loses its connection while it commits finds out first.
 *   A `decide` that takes too long is a reason for it, too: a store need not keep a transaction open for ever.
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
   * are due, the earliest first; and parked events that may be tried now: runs of the queues that have been due for the
   * longest, and of these queues in any case.
   */
  due(ask: {
    /** Deadlines, and parked events, at most so many of each kind. Of one queue at most a part of that. */
    readonly limit: number
    /** Queues whose first events are wanted whatever their time. */
    readonly queues: readonly string[]
    /** Only these queues, and no deadlines. */
    readonly only: boolean
  }): Promise<Due>
  /** Makes due what an earlier definition gave up (`never`): every queue that does not name this one. */
  retryGivenUp(definition: string): Promise<void>
  /** Published events of these topics after a position, in order. */
  published(after: number, topics: readonly string[], limit: number): Promise<PublishedPage>
  /**
   * The same of what this process has itself committed right behind a position, as far as it remembers: its end is that of
   * the last such commit. `undefined`: there is none, and only `published` knows.
   */
  recent(after: number, topics: readonly string[], limit: number): PublishedPage | undefined
  /** The events of one entity, in order, up to a moment. A page: an empty one says that there are no more. */
  history(
    subject: string,
    page?: { readonly after?: number; readonly until?: Moment | undefined; readonly limit?: number },
  ): Promise<readonly StoredEvent[]>
  /** All events of a flow in this service, in order. */
  correlated(correlationId: string, limit: number): Promise<readonly StoredEvent[]>
  /** What is set aside, oldest first. */
  parked(limit: number): Promise<readonly ParkedEntry[]>
  /** Equal fields, which an index of the view holds, all of them; or none. */
  selectRows(selection: RowSelection): Promise<readonly { readonly key: string; readonly row: unknown }[]>
  nextNumber(sequence: string): Promise<number>
  /** What was last kept: texts by name. */
  notes(): Promise<ReadonlyMap<string, string>>
  /** Keeps these for good, in place of those before. */
  keepNotes(notes: ReadonlyMap<string, string>): Promise<void>
  /** Whether there is a state of such an entity, or an event of this type: one that has happened, is to come or is set aside. */
  holds(what: { readonly entity: string } | { readonly event: string }): Promise<boolean>
  /** Forgets names claimed so long ago, and replies that need not be kept any longer. */
  forget(claimedBeforeMs: number): Promise<void>
}

/** The key of a view's row in `Loaded.rows`. */
export function rowId(view: string, key: string): string {
  return `${view}/${key}`
}

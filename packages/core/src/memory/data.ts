import type { Clock } from '../ports/clock.ts'
import type { Leases } from '../ports/leases.ts'
import type { Deadline, Offset, ParkedEntry, Snapshot, StoredEvent, StoredReply } from '../ports/store.ts'
import { memoryLeases } from './leases.ts'
import { machineTime } from './machine-time.ts'

/** The time of a database. */
export type StoreTime = Pick<Clock, 'now' | 'monotonic'>

/** The parked events of one queue, and when its first may be tried. */
export interface MemoryQueue {
  readonly entries: Map<number, Omit<ParkedEntry, 'nextAt'>>
  dueAt: number
  /** The definition that does not try it again. */
  givenUpBy: string | undefined
}

/** Everything that one service knows. */
export interface Data {
  readonly events: (StoredEvent & { readonly alsoSubjects: readonly string[] })[]
  readonly snapshots: Map<string, Snapshot>
  readonly rows: Map<string, Map<string, unknown>>
  readonly deadlines: Map<string, { readonly deadline: Deadline; readonly dueAt: number }>
  readonly parked: Map<string, MemoryQueue>
  readonly offsets: Map<string, Offset>
  readonly claimed: Map<string, number>
  readonly replies: Map<string, StoredReply & { readonly until: number }>
  readonly sequences: Map<string, number>
  notes: ReadonlyMap<string, string>
  readonly leases: Leases
  readonly clock: StoreTime
  nextTicket: number
  /** The last transaction: they run one after the other. */
  queue: Promise<unknown>
}

export function emptyData(clock: StoreTime = machineTime): Data {
  return {
    events: [],
    snapshots: new Map(),
    rows: new Map(),
    deadlines: new Map(),
    parked: new Map(),
    offsets: new Map(),
    claimed: new Map(),
    replies: new Map(),
    sequences: new Map(),
    notes: new Map(),
    leases: memoryLeases(clock),
    clock,
    nextTicket: 1,
    queue: Promise.resolve(),
  }
}

export function offsetId(source: string, partition: number): string {
  return `${source}/${partition}`
}

import type { TopicDef } from '../contract/topic.ts'
import type { Sharing } from './leases.ts'
import type { EventHead, Offset } from './store.ts'

/** An event as it arrives at a consumer. */
export interface Message {
  /** A topic; where each service has a log of its own, `service/topic`. */
  readonly source: string
  readonly partition: number
  /** One that is negative moves nothing on: the event stands elsewhere than in the partition. */
  readonly position: number
  /** The service of the system that published it, as far as the log can tell; `''`: somebody else. */
  readonly producer: string
  readonly event: EventHead & { readonly payload: Uint8Array }
}

/** What one poll gives. */
export interface Poll {
  /** In order within each partition. */
  readonly messages: readonly Message[]
  /**
   * How far each partition was read, messages or not: the next position to read. Its mark holds for the positions of all
   * messages that this poll has of the partition. With another mark than the saved one it
   * may lie at or before what is saved: the log begins anew there, and it is to be saved all the same. Positions of later
   * messages are counted from there.
   */
  readonly next: readonly Offset[]
  /** Partitions that are no longer this reader's: how far it has read them counts no more. */
  readonly gone?: readonly { readonly source: string; readonly partition: number }[]
}

/**
 * Carries published events to consumer groups.
 *
 * Contract, checked by the conformance suite:
 * - Every published event reaches every group that subscribes to its topic, at least once.
 * - Events with the same topic and key reach a group in the order of their commits. Across topics there is no order.
 * - A group that subscribes to a further topic gets that topic from its beginning, as a new group does.
 * - `repeats` says whether an event can come again under another position; only then must its id be claimed.
 */
export interface Log {
  readonly repeats: boolean
  /**
   * Joins a consumer group.
   * @param options.group the service's name
   * @param options.topics what to read
   * @param options.from the offset saved for a partition, asked whenever the partition is assigned; `undefined`: none, from
   *   the beginning
   * @param options.sharing how the group's processes divide the partitions, if the log has no way of its own; default: no
   *   other process is in the group
   */
  subscribe(options: {
    group: string
    topics: readonly TopicDef[]
    from(source: string, partition: number): Promise<Offset | undefined>
    sharing?: Sharing | undefined
  }): Promise<Subscription>
  /** Tells the log that a service has just committed events to these topics: no one need poll for them. */
  committed(service: string, topics: ReadonlySet<string>): void
}

export interface Subscription {
  /**
   * What has come since the last poll, up to about `max` events. Waits until there is something, and gives an empty
   * poll when it is closed or reset meanwhile.
   */
  poll(max: number): Promise<Poll>
  /**
   * The reader has saved these offsets, with their marks: of what lies before them nothing is in its hand any more. A log
   * that begins anew waits for it before it gives more of that partition.
   */
  saved?(offsets: readonly Offset[]): void
  /** Forgets what was read and starts again from the saved positions. */
  reset(): Promise<void>
  close(): Promise<void>
}

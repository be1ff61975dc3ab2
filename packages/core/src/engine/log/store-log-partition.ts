import type { Message, Poll } from '../../ports/log.ts'
import type { Offset, PublishedPage, Store, StoredEvent } from '../../ports/store.ts'

/** So many processes can divide one service's log. What is saved depends on it: it never changes. */
const partitionCount = 8
/** Of the partitions. */
export const numbers = Array.from({ length: partitionCount }, (_, number) => number)
/** A lane without events is saved this often, so that at the next start little is searched once more. */
const silentMax = 1_000
/** A topic that is further behind than this is read alone, until it has come up with the others. */
const companionsMax = 1_000

/** One service's log. */
export interface Source {
  readonly store: Store
  /** Of those that are read, the ones that it publishes to. */
  readonly topics: readonly string[]
  /** There may be more. */
  stale: boolean
}

/** One topic in a partition: each is read on from its own position, so that one that is new begins at its beginning. */
export interface Lane {
  readonly topic: string
  /** Under which its position is saved. */
  readonly source: string
  next: number
  /** The last position of `next` that the reader was told. */
  told: number
  /** The position after the last event given, until that is saved. */
  inHand: number | undefined
}

/**
 * The events of a part of the keys, in one service's log. One that goes to another process is first `leaving`: nothing
 * more is read, and when nothing of it is in hand, it is let go.
 */
export interface Partition {
  readonly name: string
  readonly source: Source
  readonly number: number
  readonly lanes: ReadonlyMap<string, Lane>
  leaving: boolean
}

/** What is to be read next of one source for these partitions. */
export function wish(
  { topics }: Source,
  partitions: readonly Partition[],
): { readonly after: number; readonly topics: readonly string[] } {
  const lanes = partitions.flatMap((partition) => [...partition.lanes.values()])
  const first = Math.min(...lanes.map(({ next }) => next))
  const near = new Set(lanes.filter(({ next }) => next <= first + companionsMax).map(({ topic }) => topic))
  return { after: first - 1, topics: topics.filter((topic) => near.has(topic)) }
}

/** What these partitions have on a page of these topics, in its order; they have read it then. */
export function take(
  partitions: readonly Partition[],
  topics: readonly string[],
  { events, upTo }: PublishedPage,
): Poll {
  const byNumber = new Map(partitions.map((partition) => [partition.number, partition]))
  const heard = new Set<Lane>()
  const messages = events.flatMap((event): Message | [] => {
    const partition = byNumber.get(numberOf(event))
    const lane = partition?.lanes.get(event.topic!)
    if (partition === undefined || lane === undefined || event.position < lane.next) return []
    lane.inHand = event.position + 1
    heard.add(lane)
    return {
      source: lane.source,
      partition: partition.number,
      position: event.position,
      producer: partition.source.store.service,
      event,
    }
  })
  const next: Offset[] = []
  for (const partition of partitions) {
    for (const topic of topics) {
      const lane = partition.lanes.get(topic)!
      lane.next = Math.max(lane.next, upTo + 1)
      if (!heard.has(lane) && lane.next - lane.told < silentMax) continue
      lane.told = lane.next
      next.push({ ...placeOf(partition, lane), next: lane.next })
    }
  }
  return { messages, next }
}

/** By the key alone, so that a key keeps its order: FNV-1a, and a last step that lets each character count as much. */
function numberOf({ key }: StoredEvent): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % partitionCount
}

export function placeOf({ number }: Partition, { source }: Lane): Pick<Offset, 'source' | 'partition'> {
  return { source, partition: number }
}

/** A topic as one service publishes it. */
export function laneSource(service: string, topic: string): string {
  return `${service}/${topic}`
}

export function ofLane(source: string): { readonly service: string; readonly topic: string } {
  const end = source.indexOf('/')
  return { service: source.slice(0, end), topic: source.slice(end + 1) }
}

/** Names sort by number: who gives up half of them gives up half of each source. */
export function nameOf(service: string, number: number): string {
  return `${number}/${service}`
}

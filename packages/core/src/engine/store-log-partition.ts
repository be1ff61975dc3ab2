import type { Message, Poll } from '../ports/log.ts'
import type { PublishedPage, Store, StoredEvent } from '../ports/store.ts'

/** So many processes can divide one service's log. What is saved depends on it: it never changes. */
const partitionCount = 8
/** Of the partitions. */
export const numbers = Array.from({ length: partitionCount }, (_, number) => number)
/** A partition without events is saved this often, so that at the next start little is searched once more. */
const silentMax = 1_000

/** One service's log. */
export interface Source {
  readonly store: Store
  /** There may be more. */
  stale: boolean
}

/**
 * The events of a part of the keys, in one service's log. One that goes to another process is first `leaving`: nothing
 * more is read, and when nothing of it is in hand, it is let go.
 */
export interface Partition {
  readonly name: string
  readonly source: Source
  readonly number: number
  next: number
  /** The last position of `next` that the reader was told. */
  told: number
  leaving: boolean
  /** The position after the last event given, until that is saved. */
  inHand: number | undefined
}

/** What these partitions have on a page, in its order; they have read it then. */
export function take(partitions: readonly Partition[], { events, upTo }: PublishedPage): Poll {
  const byNumber = new Map(partitions.map((partition) => [partition.number, partition]))
  const messages = events.flatMap((event): Message | [] => {
    const partition = byNumber.get(numberOf(event))
    if (partition === undefined || event.position < partition.next) return []
    partition.inHand = event.position + 1
    return { ...idOf(partition), position: event.position, event }
  })
  const heard = new Set(messages.map((message) => message.partition))
  for (const partition of partitions) partition.next = Math.max(partition.next, upTo + 1)
  const telling = partitions.filter(({ number, next, told }) => heard.has(number) || next - told >= silentMax)
  for (const partition of telling) partition.told = partition.next
  return { messages, next: telling.map((partition) => ({ ...idOf(partition), next: partition.next })) }
}

/** By the key alone, so that a key keeps its order: FNV-1a, and a last step that lets each character count as much. */
function numberOf({ key }: StoredEvent): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) % partitionCount
}

export function idOf({ source, number }: Partition): { source: string; partition: number } {
  return { source: source.store.service, partition: number }
}

/** Names sort by number: who gives up half of them gives up half of each source. */
export function nameOf(service: string, number: number): string {
  return `${number}/${service}`
}

import type { StoredEvent } from '@waybill/core'
import type { OutgoingRecord } from './write-record.ts'

/** An event and the record that it becomes. */
export interface Outgoing {
  readonly event: StoredEvent
  readonly record: OutgoingRecord
}

/** Brokers take a megabyte for one partition of a request, and all of a request may be for the same one. */
const requestBytesMax = 900_000
/** Lengths and the like, of a record and of each of its headers. */
const lengthBytes = 30
const headerLengthBytes = 4

/** So many bytes of a request it takes, before they are packed. */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let size = lengthBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, text] of headers as ReadonlyMap<Buffer, Buffer>) {
    size += headerLengthBytes + name.length + text.length
  }
  return size
}

/**
 * Requests of a size that brokers take, in order.
 * @param refused the position of one that was refused as too large: it goes alone, so that what stands beside it is not
 *   published again with each attempt
 */
export function* inRequests(
  outgoing: readonly Outgoing[],
  refused: number | undefined,
): Generator<readonly Outgoing[]> {
  let first = 0
  let bytes = 0
  for (const [n, { event, record }] of outgoing.entries()) {
    const size = sizeOf(record)
    const isAlone = event.position === refused || outgoing[n - 1]?.event.position === refused
    if (n > first && (isAlone || bytes + size > requestBytesMax)) {
      yield outgoing.slice(first, n)
      first = n
      bytes = 0
    }
    bytes += size
  }
  if (first < outgoing.length) yield outgoing.slice(first)
}

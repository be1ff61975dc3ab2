import { type NewEvent, type PublishedPage, sizes, type StoredEvent } from '@waybill/core'

const bytesMax = 4 * 1024 * 1024
/** What an event takes beside its payload. */
const headBytes = 500

/**
 * The last events that this process has committed to a service's log: its readers and its relay ask for little else, and
 * need not read it back from the database. There are no gaps in it: what other processes commit in between ends it, and
 * it begins anew behind that.
 */
export class Tail {
  #events: StoredEvent[] = []
  /** Position of the first. */
  #first = 1
  #bytes = 0

  committed(firstPosition: number, events: readonly NewEvent[]): void {
    if (events.length === 0) return
    // Also where it goes back: two commits may become known in another order, and a database may have lost its end.
    if (firstPosition !== this.#first + this.#events.length) this.forget(firstPosition)
    for (const [nth, event] of events.entries()) {
      this.#events.push({
        ...event,
        // As the table has them: a reader finds an event's partition by its key.
        key: event.key.toWellFormed(),
        subject: event.subject?.toWellFormed(),
        position: firstPosition + nth,
      })
      this.#bytes += bytesOf(event)
    }
    if (this.#bytes > bytesMax) this.#shorten()
  }

  /** Begins anew, with the next commit or at this position. */
  forget(first = 1): void {
    this.#events = []
    this.#first = first
    this.#bytes = 0
  }

  /** See `Store.recent`. */
  page(after: number, topics: readonly string[], limit: number): PublishedPage | undefined {
    const end = this.#first + this.#events.length
    if (after + 1 < this.#first || after + 1 >= end) return undefined
    const events: StoredEvent[] = []
    let [at, bytes] = [after + 1 - this.#first, 0]
    for (; at < this.#events.length && events.length < limit && bytes < sizes.pageBytesMax; at += 1) {
      const event = this.#events[at]!
      if (event.topic === undefined || !topics.includes(event.topic)) continue
      events.push(event)
      bytes += event.payload.length
    }
    const upTo = this.#first + at - 1
    return { events, upTo, atEnd: upTo === end - 1 }
  }

  /** Half of it at once: one by one would cost more. */
  #shorten(): void {
    let count = 0
    while (this.#bytes > bytesMax / 2) {
      this.#bytes -= bytesOf(this.#events[count]!)
      count += 1
    }
    this.#events.splice(0, count)
    this.#first += count
  }
}

function bytesOf({ payload }: NewEvent | StoredEvent): number {
  return headBytes + payload.length
}

import { type Message, type Offset, type Poll, sizes } from '@waybill/core'
import type { Portion } from './portion.ts'
import type { Reading } from './reading.ts'

/** What has come and nobody has taken yet. */
export interface Backlog {
  add(portions: readonly Portion[]): void
  isEmpty(): boolean
  /** Whether there is something of it. */
  has(reading: Reading): boolean
  /** Up to so many messages, and no more bytes than a page has; and how far that is. `undefined` when there is nothing. */
  take(max: number): Poll | undefined
  /** Forgets what is of other partitions. */
  keep(wanted: (reading: Reading) => boolean): void
}

export function backlog(): Backlog {
  let waiting: { readonly portion: Portion; taken: number }[] = []

  return {
    add: (portions) => {
      for (const portion of portions) waiting.push({ portion, taken: 0 })
    },
    isEmpty: () => waiting.length === 0,
    has: (reading) => waiting.some(({ portion }) => portion.reading === reading),
    take: (max) => {
      if (waiting.length === 0) return undefined
      const messages: Message[] = []
      const reached = new Map<Reading, Offset>()
      let bytes = 0
      const isFull = (): boolean => messages.length >= max || bytes >= sizes.pageBytesMax
      while (waiting.length > 0 && !isFull()) {
        const first = waiting[0]!
        const { portion } = first
        for (; first.taken < portion.count && !isFull(); first.taken += 1) {
          messages.push(portion.message(first.taken))
          bytes += portion.bytes(first.taken)
        }
        const offset = portion.reached(first.taken)
        if (offset !== undefined) reached.set(portion.reading, offset)
        if (first.taken === portion.count) waiting.shift()
      }
      return { messages, next: [...reached.values()] }
    },
    keep: (wanted) => {
      waiting = waiting.filter(({ portion }) => wanted(portion.reading))
    },
  }
}

import type { Message, Poll } from '@waybill/core'
import type { Fetched, Reading } from './fetched.ts'
import { readRecord } from './read-record.ts'

/** What was fetched and nobody has taken yet. */
export interface Backlog {
  add(fetched: readonly Fetched[]): void
  /** Up to so many messages, and how far that is; `undefined` when there is nothing. */
  take(max: number): Poll | undefined
  /** Forgets what was read of other partitions. */
  keep(wanted: (reading: Reading) => boolean): void
}

export function backlog(): Backlog {
  let waiting: (Fetched & { taken: number })[] = []

  return {
    add: (fetched) => {
      for (const one of fetched) waiting.push({ ...one, taken: 0 })
    },
    take: (max) => {
      if (waiting.length === 0) return undefined
      const messages: Message[] = []
      const reached = new Map<Reading, number>()
      while (waiting.length > 0 && messages.length < max) {
        const first = waiting[0]!
        const portion = first.records.slice(first.taken, first.taken + max - messages.length)
        for (const record of portion) {
          const { topic: source, partition, offset: position } = record
          messages.push({ source, partition, position, event: readRecord(record) })
        }
        first.taken += portion.length
        // Before the next record, or behind all that the answer had.
        reached.set(first.reading, first.records[first.taken]?.offset ?? first.next)
        if (first.taken === first.records.length) waiting.shift()
      }
      const next = [...reached].map(([{ topic: source, partition }, next]) => ({ source, partition, next }))
      return { messages, next }
    },
    keep: (wanted) => {
      waiting = waiting.filter(({ reading }) => wanted(reading))
    },
  }
}

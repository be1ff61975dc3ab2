import type { EventHead } from '@waybill/core'
import { byteas, longs, texts, uuids } from './binary.ts'
import { join, raw, type Sql } from './sql.ts'

/** An event as several tables hold it, in the order of `eventColumns`. */
export type EventParts = EventHead & { readonly payload: Uint8Array }

const columns = [
  'id',
  'type',
  'topic',
  'key',
  'subject',
  'correlation_id',
  'causation_id',
  'traceparent',
  'at',
  'payload',
]

export const eventColumns = raw(columns.join(', '))

/** One array a column. */
export function eventArrays(events: readonly EventParts[]): Sql {
  return join(
    [
      uuids(events.map((event) => event.id)),
      texts(events.map((event) => event.type)),
      texts(events.map((event) => event.topic)),
      texts(events.map((event) => event.key)),
      texts(events.map((event) => event.subject)),
      uuids(events.map((event) => event.correlationId)),
      uuids(events.map((event) => event.causationId)),
      texts(events.map((event) => event.traceparent)),
      longs(events.map((event) => event.at)),
      byteas(events.map((event) => event.payload)),
    ],
    ', ',
  )
}

/** Reads the columns from the one at `first` on. */
export function eventFrom(row: readonly any[], first: number): EventParts {
  return {
    id: row[first],
    type: row[first + 1],
    topic: row[first + 2] ?? undefined,
    key: row[first + 3],
    subject: row[first + 4] ?? undefined,
    correlationId: row[first + 5],
    causationId: row[first + 6] ?? undefined,
    traceparent: row[first + 7] ?? undefined,
    at: row[first + 8],
    payload: row[first + 9],
  }
}

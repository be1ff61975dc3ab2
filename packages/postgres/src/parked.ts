import type { ParkedEntry } from '@waybill/core'
import { eventColumns, eventFrom } from './event-columns.ts'
import { sql } from './sql.ts'

export const parkedColumns = sql`ticket, source, reason, attempts, error_code, error_message, since, next_at, ${eventColumns}`

export function parkedFrom(row: readonly any[]): ParkedEntry {
  const [ticket, source, reason, attempts, code, message, since, nextAt] = row
  return {
    ticket,
    source,
    reason,
    attempts,
    error: code === null ? undefined : { code, message },
    since,
    nextAt,
    event: eventFrom(row, 8),
  }
}

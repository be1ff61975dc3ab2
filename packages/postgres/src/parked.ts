import type { ParkedEntry } from '@waybill/core'
import type { Run } from './database.ts'
import { eventColumns, eventFrom } from './event-columns.ts'
import { page } from './page.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

export const parkedColumns = sql`ticket, queue, source, reason, attempts, error_code, error_message, since, ${eventColumns}`

/** @param row when its queue is due, then the columns above */
export function parkedFrom(row: readonly any[]): ParkedEntry {
  const [dueAt, ticket, queue, source, reason, attempts, code, message, since] = row
  return {
    ticket,
    queue,
    source,
    reason,
    attempts,
    error: code === null ? undefined : { code, message },
    since,
    nextAt: dueAt ?? undefined,
    event: eventFrom(row, 9),
  }
}

/** All that is set aside, oldest first: a page of it. */
export async function allParked(run: Run, tables: Tables, limit: number): Promise<readonly ParkedEntry[]> {
  const wanted = sql`select q.due_at, p.*
    from (select * from ${tables.parked} order by ticket limit ${limit}::int) p
    left join ${tables.queue} q on q.queue = p.queue`
  const rows = await run(statement(page(wanted, 'ticket', sql`due_at, ${parkedColumns}`)))
  return rows.map((row) => parkedFrom(row.slice(1)))
}

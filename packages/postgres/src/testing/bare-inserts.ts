import type { Database } from '../database.ts'
import { eventArrays, eventColumns, type EventParts } from '../event-columns.ts'
import { tables } from '../migrations/001-tables.ts'
import { sql, statement } from '../sql.ts'

/**
 * Bare set-based inserts of event rows, by the same driver into the same table with the same indexes, and nothing else:
 * the baseline of benchmarks.
 */
export async function bareEventInserts(
  database: Database,
): Promise<(events: readonly EventParts[]) => Promise<unknown>> {
  await database.read(async (run) => {
    await run({ text: 'drop schema if exists bare cascade; create schema bare' })
    await run({ text: `set search_path to bare; ${tables}; reset search_path` })
  })
  let pos = 0
  return (events) => {
    const first = pos
    pos += events.length
    const insert = statement(sql`insert into bare.event (pos, ${eventColumns})
      select ${first}::bigint + u.nth, ${eventColumns}
      from unnest(${eventArrays(events)}) with ordinality u(${eventColumns}, nth)`)
    return database.transaction((transaction) => transaction.finish(insert))
  }
}

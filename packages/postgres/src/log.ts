import type { Moment, PublishedPage, StoredEvent } from '@waybill/core'
import { texts } from './binary.ts'
import type { Run } from './database.ts'
import { eventColumns, eventFrom } from './event-columns.ts'
import type { Tables } from './schema.ts'
import { raw, sql, statement } from './sql.ts'

/** Positions that one read goes through at most, however few of their events it wants. */
const span = 20_000

/** Reads of a service's events, in the order of their positions. */
export async function published(
  run: Run,
  tables: Tables,
  {
    after,
    topics,
    limit,
  }: { readonly after: number; readonly topics: readonly string[]; readonly limit: number },
): Promise<PublishedPage> {
  // One statement, one snapshot: the position of the head belongs to the events that were seen.
  const rows = await run(
    statement(sql`select h.pos, e.* from ${tables.head} h left join lateral (
        select pos, ${eventColumns} from ${tables.event}
        where pos > ${after}::bigint and pos <= ${after + span}::bigint and topic = any(${texts(topics)})
        order by pos limit ${limit}::int
      ) e on true order by e.pos`),
  )
  const events = rows.filter((row) => row[1] !== null).map((row) => storedFrom(row, 1))
  const head: number = rows[0]![0]
  const searched = Math.max(after, Math.min(head, after + span))
  const upTo = events.length === limit ? events.at(-1)!.position : searched
  return { events, upTo, atEnd: upTo >= head }
}

/** The events of one subject, its own and those that it shares. */
export async function history(
  run: Run,
  tables: Tables,
  subject: string,
  until?: Moment,
): Promise<readonly StoredEvent[]> {
  const [column, last] =
    until === undefined || 'position' in until
      ? ['pos', until?.position ?? Number.MAX_SAFE_INTEGER]
      : ['at', until.time.getTime()]
  const upTo = sql`${raw(column)} <= ${last}::bigint`
  const rows = await run(
    statement(sql`select pos, ${eventColumns} from ${tables.event} where subject = ${subject} and ${upTo}
      union all
      select pos, ${eventColumns} from ${tables.event}
        where pos = any(array(select pos from ${tables.eventSubject} where subject = ${subject})) and ${upTo}
      order by pos`),
  )
  return rows.map((row) => storedFrom(row, 0))
}

export async function correlated(
  run: Run,
  tables: Tables,
  correlationId: string,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const rows = await run(
    // First all of the flow, then the order: or else it might be looked for along the whole log.
    statement(sql`with flow as materialized (
        select pos, ${eventColumns} from ${tables.event} where correlation_id = ${correlationId}::uuid
      ) select * from flow order by pos limit ${limit}::int`),
  )
  return rows.map((row) => storedFrom(row, 0))
}

function storedFrom(row: readonly any[], first: number): StoredEvent {
  return { position: row[first], ...eventFrom(row, first + 1) }
}

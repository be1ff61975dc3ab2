import { type Moment, type PublishedPage, sizes, type StoredEvent } from '@waybill/core'
import { texts } from './binary.ts'
import type { Run } from './database.ts'
import { eventColumns, eventFrom } from './event-columns.ts'
import { page } from './page.ts'
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
  const wanted = sql`select pos, ${eventColumns} from ${tables.event}
    where pos > ${after}::bigint and pos <= ${after + span}::bigint and topic = any(${texts(topics)})
    order by pos limit ${limit}::int`
  // One statement, one snapshot: the end of the log belongs to the events that were seen.
  const rows = await run(
    statement(sql`select greatest(h.pos, (select max(pos) from ${tables.event})), e.*
      from ${tables.head} h left join (${page(wanted, 'pos', sql`pos, ${eventColumns}`)}) e on true order by e.pos`),
  )
  const events = rows.filter((row) => row[2] !== null).map((row) => storedFrom(row, 2))
  const [end, found] = rows[0] as [number, number | null]
  const searched = Math.max(after, Math.min(end, after + span))
  const isCut = events.length === limit || events.length < (found ?? 0)
  const upTo = isCut ? events.at(-1)!.position : searched
  return { events, upTo, atEnd: upTo >= end }
}

/** A page of the events of one subject, its own and those that it shares. */
export async function history(
  run: Run,
  tables: Tables,
  subject: string,
  {
    after = 0,
    until,
    limit = sizes.pageEventsMax,
  }: { readonly after?: number; readonly until?: Moment | undefined; readonly limit?: number } = {},
): Promise<readonly StoredEvent[]> {
  const [column, last] =
    until === undefined || 'position' in until
      ? ['pos', until?.position ?? Number.MAX_SAFE_INTEGER]
      : ['at', until.time.getTime()]
  const first = sql`order by pos limit ${limit}::int`
  const wanted = sql`select * from (
      (select pos, ${eventColumns} from ${tables.event}
        where subject = ${subject} and pos > ${after}::bigint and ${raw(column)} <= ${last}::bigint ${first})
      union all
      (select shared.* from ${tables.eventSubject} s, lateral (
          select pos, ${eventColumns} from ${tables.event} e where e.pos = s.pos
        ) shared
        where s.subject = ${subject} and s.pos > ${after}::bigint and shared.${raw(column)} <= ${last}::bigint
        order by s.pos limit ${limit}::int)
    ) either ${first}`
  const rows = await run(statement(page(wanted, 'pos', sql`pos, ${eventColumns}`)))
  return rows.map((row) => storedFrom(row, 1))
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

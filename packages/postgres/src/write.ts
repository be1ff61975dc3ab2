import { rowId, type Write } from '@waybill/core'
import { booleans, ints, longs, texts, uuids } from './binary.ts'
import { claimParts } from './claims.ts'
import { eventArrays, eventColumns } from './event-columns.ts'
import { conflict } from './failures.ts'
import type { Place } from './load.ts'
import { change, checksOf, insert, type Part } from './part.ts'
import { storableJson } from './storable.ts'
import { nowMs, type Tables } from './schema.ts'
import { join, raw, type Sql, sql, type Statement, statement } from './sql.ts'
import { entityParts } from './write-entities.ts'
import { offsetParts } from './write-offsets.ts'
import { parkedParts } from './write-parked.ts'

/** What was found when the batch loaded. */
export interface Found {
  /** Of each entity that was there. */
  readonly places: ReadonlyMap<string, Place>
  /** Rows of views that were not there (see `rowId`). */
  readonly missing: ReadonlySet<string>
}

/**
 * All changes of a batch in one statement; answers with the position before the first event.
 *
 * `h` comes first. It keeps all others of the service out until the commit, which is on its way already: so positions rise in commit order,
 * without gaps, and of two batches that write the same rows one waits for the other. What is new is simply inserted: if
 * someone else was first, the key that is there already fails the batch.
 *
 * The parts stand in one order whatever the batch: each combination of them is a text of its own, which a connection has
 * to keep parsed.
 */
export function writeStatement(tables: Tables, write: Write, found: Found): Statement {
  const parts = [
    ...eventParts(tables, write),
    ...entityParts(tables, write, found.places),
    ...viewParts(tables, write, found.missing),
    ...deadlineParts(tables, write),
    ...parkedParts(tables, write),
    ...offsetParts(tables, write),
    ...replyParts(tables, write),
    ...claimParts(tables, write),
  ]
  const changes = parts.map(({ name, change: text }) => sql`, ${raw(name)} as (${text})`)
  return statement(sql`
    with h as materialized (select ${tables.enter}() as base, ${nowMs} as now)
    ${join(changes, '')}
    select h.base ${join(checksOf(tables, parts), '')} from h`)
}

function eventParts(tables: Tables, { events }: Write): readonly Part[] {
  const also = events.flatMap(({ alsoSubjects }, index) =>
    alsoSubjects.map((subject) => ({ subject, nth: index + 1 })),
  )
  return [
    ...insert(
      'events',
      events,
      () => sql`insert into ${tables.event} (pos, ${eventColumns})
        select h.base + u.nth, ${eventColumns}
        from h, unnest(${eventArrays(events)}) with ordinality u(${eventColumns}, nth)`,
    ),
    ...insert(
      'histories',
      also,
      () => sql`insert into ${tables.eventSubject} (subject, pos)
        select u.subject, h.base + u.nth
        from h, unnest(${texts(also.map(({ subject }) => subject))}, ${ints(also.map(({ nth }) => nth))})
          u(subject, nth)`,
    ),
  ]
}

function viewParts(tables: Tables, write: Write, missing: ReadonlySet<string>): readonly Part[] {
  const views = [...Map.groupBy(write.rows, ({ view }) => view)].sort(([a], [b]) => (a < b ? -1 : 1))
  return views.flatMap(([view, rows], index) => {
    const table = tables.view(view)
    const gone = rows.filter(({ row }) => row === undefined)
    const kept = rows.filter(({ row }) => row !== undefined)
    // Folded from nothing: were it put over one that someone else has made meanwhile, that one would be lost.
    const fresh = kept.filter(({ key }) => missing.has(rowId(view, key)))
    const known = kept.filter(({ key }) => !missing.has(rowId(view, key)))
    const insertion = (of: typeof rows): Sql => sql`insert into ${table} (key, row)
      select u.key, u.row::jsonb
      from h, unnest(${texts(of.map(({ key }) => key))}, ${texts(of.map(({ row }) => storableJson(row)))})
        u(key, row)`
    return [
      ...insert(`rows_made_${index}`, fresh, () => insertion(fresh)),
      ...insert(
        `rows_put_${index}`,
        known,
        () => sql`${insertion(known)} on conflict (key) do update set row = excluded.row`,
      ),
      ...insert(
        `rows_gone_${index}`,
        gone,
        () => sql`delete from ${table} using h where key = any(${texts(gone.map(({ key }) => key))})`,
      ),
    ]
  })
}

function deadlineParts(tables: Tables, { deadlines, firedDeadlines }: Write): readonly Part[] {
  return [
    ...insert(
      'deadlines',
      deadlines,
      () => sql`insert into ${tables.deadline} (due_at, recorded, ${eventColumns})
        select h.now + after_ms, recorded, ${eventColumns} from h, unnest(
          ${longs(deadlines.map(({ afterMs }) => Math.ceil(afterMs)))},
          ${booleans(deadlines.map(({ recorded }) => recorded))},
          ${eventArrays(deadlines)}
        ) with ordinality u(after_ms, recorded, ${eventColumns}, nth) order by nth`,
    ),
    ...change(
      'fired',
      firedDeadlines,
      conflict,
      () => sql`delete from ${tables.deadline} using h where id = any(${uuids(firedDeadlines)})`,
    ),
  ]
}

function replyParts(tables: Tables, { replies }: Write): readonly Part[] {
  return insert(
    'replies',
    replies,
    () => sql`insert into ${tables.reply} (slot, fingerprint, reply, until)
      select u.slot, u.fingerprint, u.reply, h.now + u.keep_ms from h, unnest(
        ${texts(replies.map(({ slot }) => slot))},
        ${texts(replies.map(({ fingerprint }) => fingerprint))},
        ${texts(replies.map(({ reply }) => JSON.stringify(reply)))},
        ${longs(replies.map(({ keepMs }) => Math.ceil(keepMs)))}
      ) u(slot, fingerprint, reply, keep_ms)`,
  )
}

import { rowId, type Write } from '@waybill/core'
import { booleans, ints, longs, texts, uuids } from './binary.ts'
import { eventArrays, eventColumns } from './event-columns.ts'
import { conflict, offsetsLost } from './failures.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './schema.ts'
import { join, raw, type Sql, sql, type Statement, statement } from './sql.ts'

/** One change of a batch. */
interface Part {
  readonly name: string
  /** Reads `h`, so that it waits for the head row. */
  readonly change: Sql
  /** It must find as many rows as this, or the batch fails with `code`. */
  readonly expected?: { readonly rows: number; readonly code: string }
}

/**
 * All changes of a batch in one statement; answers with the position before the first event.
 *
 * The head row comes first and is locked until the commit, which is on its way already: so positions rise in commit
 * order, without gaps, and of two batches that write the same rows one waits for the other.
 * What is new is simply inserted: if someone else was first, the key that is there already fails the batch.
 * @param missing rows of views that were not there when they were loaded (see `rowId`)
 */
export function writeStatement(tables: Tables, write: Write, missing: ReadonlySet<string>): Statement {
  const parts = [
    ...eventParts(tables, write),
    ...entityParts(tables, write),
    ...viewParts(tables, write, missing),
    ...deadlineParts(tables, write),
    ...parkedParts(tables, write),
    ...offsetParts(tables, write),
    ...replyParts(tables, write),
  ]
  const changes = parts.map(({ name, change }) => sql`, ${raw(name)} as (${change})`)
  const checks = [conflict, offsetsLost].flatMap((code) => checksOf(tables, parts, code))
  const count = sql`${write.events.length}::int`
  return statement(sql`
    with h as (update ${tables.head} set pos = pos + ${count} returning pos - ${count} as base)
    ${join(changes, '')}
    select h.base ${join(checks, '')} from h`)
}

function checksOf(tables: Tables, parts: readonly Part[], code: string): readonly Sql[] {
  const checked = parts.filter(({ expected }) => expected?.code === code)
  if (checked.length === 0) return []
  const found = join(
    checked.map(({ name }) => sql`(select count(*) from ${raw(name)})`),
    ' + ',
  )
  const wanted = checked.reduce((sum, { expected }) => sum + expected!.rows, 0)
  return [sql`, ${tables.expect}(${found}, ${wanted}::int, ${code})`]
}

/** Adds rows, none of which may be there. */
function insert(name: string, rows: readonly unknown[], change: () => Sql): readonly Part[] {
  return rows.length === 0 ? [] : [{ name, change: change() }]
}

/** Changes or deletes rows that must all be there. */
function change(name: string, rows: readonly unknown[], code: string, found: () => Sql): readonly Part[] {
  if (rows.length === 0) return []
  return [{ name, change: sql`${found()} returning 1`, expected: { rows: rows.length, code } }]
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

function entityParts(tables: Tables, { snapshots }: Write): readonly Part[] {
  const fresh = snapshots.filter(({ expected }) => expected === 0)
  const known = snapshots.filter(({ expected }) => expected > 0)
  const arrays = (of: typeof snapshots): Sql => sql`
    ${texts(of.map(({ subject }) => subject))},
    ${ints(of.map(({ version }) => version))},
    ${texts(of.map(({ state }) => JSON.stringify(state)))}`
  return [
    ...insert(
      'created',
      fresh,
      () => sql`insert into ${tables.entity} (subject, version, state)
        select u.* from h, unnest(${arrays(fresh)}) u`,
    ),
    ...change(
      'changed',
      known,
      conflict,
      () => sql`update ${tables.entity} e set version = u.version, state = u.state
        from h, unnest(${arrays(known)}, ${ints(known.map(({ expected }) => expected))})
          u(subject, version, state, expected)
        where e.subject = u.subject and e.version = u.expected`,
    ),
  ]
}

function viewParts(tables: Tables, write: Write, missing: ReadonlySet<string>): readonly Part[] {
  return [...Map.groupBy(write.rows, ({ view }) => view)].flatMap(([view, rows], index) => {
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
        select due_at, recorded, ${eventColumns} from h, unnest(
          ${longs(deadlines.map(({ dueAt }) => dueAt))},
          ${booleans(deadlines.map(({ recorded }) => recorded))},
          ${eventArrays(deadlines)}
        ) with ordinality u(due_at, recorded, ${eventColumns}, nth) order by nth`,
    ),
    ...change(
      'fired',
      firedDeadlines,
      conflict,
      () => sql`delete from ${tables.deadline} using h where id = any(${uuids(firedDeadlines)})`,
    ),
  ]
}

const errorArrays = (entries: readonly Pick<Write['park'][number], 'error'>[]): Sql => sql`
  ${texts(entries.map(({ error }) => error?.code))},
  ${texts(entries.map(({ error }) => error?.message))}`

function parkedParts(tables: Tables, { park, unpark, repark }: Write): readonly Part[] {
  const columns = sql`source, reason, attempts, error_code, error_message, since, next_at, ${eventColumns}`
  return [
    ...insert(
      'parked',
      park,
      () => sql`insert into ${tables.parked} (${columns})
        select ${columns} from h, unnest(
          ${texts(park.map(({ source }) => source))},
          ${texts(park.map(({ reason }) => reason))},
          ${ints(park.map(({ attempts }) => attempts))},
          ${errorArrays(park)},
          ${longs(park.map(({ since }) => since))},
          ${longs(park.map(({ nextAt }) => nextAt))},
          ${eventArrays(park.map(({ event }) => event))}
        ) with ordinality u(${columns}, nth) order by nth`,
    ),
    ...change(
      'unparked',
      unpark,
      conflict,
      () => sql`delete from ${tables.parked} using h where ticket = any(${longs(unpark)})`,
    ),
    ...change(
      'reparked',
      repark,
      conflict,
      () => sql`update ${tables.parked} p
        set reason = u.reason, attempts = u.attempts, error_code = u.error_code, error_message = u.error_message,
          next_at = u.next_at
        from h, unnest(
          ${longs(repark.map(({ ticket }) => ticket))},
          ${texts(repark.map(({ reason }) => reason))},
          ${ints(repark.map(({ attempts }) => attempts))},
          ${errorArrays(repark)},
          ${longs(repark.map(({ nextAt }) => nextAt))}
        ) u(ticket, reason, attempts, error_code, error_message, next_at)
        where p.ticket = u.ticket`,
    ),
  ]
}

function offsetParts(tables: Tables, { offsets }: Write): readonly Part[] {
  const fresh = offsets.filter(({ expected }) => expected === 0)
  const known = offsets.filter(({ expected }) => expected > 0)
  const arrays = (of: typeof offsets): Sql => sql`
    ${texts(of.map(({ source }) => source))},
    ${ints(of.map(({ partition }) => partition))},
    ${longs(of.map(({ next }) => next))}`
  return [
    ...insert(
      'begun',
      fresh,
      () => sql`insert into ${tables.offsets} (source, partition, next)
        select u.* from h, unnest(${arrays(fresh)}) u`,
    ),
    ...change(
      'moved',
      known,
      offsetsLost,
      () => sql`update ${tables.offsets} o set next = u.next
        from h, unnest(${arrays(known)}, ${longs(known.map(({ expected }) => expected))})
          u(source, partition, next, expected)
        where o.source = u.source and o.partition = u.partition and o.next = u.expected`,
    ),
  ]
}

function replyParts(tables: Tables, { replies }: Write): readonly Part[] {
  return insert(
    'replies',
    replies,
    () => sql`insert into ${tables.reply} (slot, fingerprint, reply, at)
      select u.* from h, unnest(
        ${texts(replies.map(({ slot }) => slot))},
        ${texts(replies.map(({ fingerprint }) => fingerprint))},
        ${texts(replies.map(({ reply }) => JSON.stringify(reply)))},
        ${longs(replies.map(({ at }) => at))}
      ) u`,
  )
}

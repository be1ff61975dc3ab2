import { rowId, type Write } from '@waybill/core'
import { booleans, byteas, ints, longs, texts, uuids } from './binary.ts'
import { conflict, offsetsLost } from './failures.ts'
import { eventArrays, eventColumns } from './event-columns.ts'
import { storableJson } from './json.ts'
import type { Tables } from './schema.ts'
import { join, raw, type Sql, sql, type Statement, statement } from './sql.ts'

/** One change of a batch. */
interface Part {
  readonly name: string
  /** Reads `h`, so that it waits for the head row. */
  readonly change: Sql
  /** How many rows it must change, or the batch fails with `code`. */
  readonly expected?: { readonly rows: number; readonly code: string }
}

/**
 * All changes of a batch in one statement; answers with the position before the first event.
 *
 * The head row comes first and is locked until the commit, which is on its way already: so positions rise in commit
 * order, without gaps, and of two batches that write the same rows one waits for the other.
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
  const checks = [conflict, offsetsLost].flatMap((code) => checkOf(tables, parts, code))
  return statement(sql`
    with h as (update ${tables.head} set pos = pos + ${write.events.length}::int returning pos - ${write.events.length}::int as base)
    ${join(changes, '')}
    select h.base ${join(checks, '')} from h`)
}

function checkOf(tables: Tables, parts: readonly Part[], code: string): readonly Sql[] {
  const checked = parts.filter((part) => part.expected?.code === code)
  if (checked.length === 0) return []
  const found = join(
    checked.map(({ name }) => sql`(select count(*) from ${raw(name)})`),
    ' + ',
  )
  const wanted = checked.reduce((sum, part) => sum + part.expected!.rows, 0)
  return [sql`, ${tables.expect}(${found}, ${wanted}::int, ${code})`]
}

function eventParts(tables: Tables, { events }: Write): readonly Part[] {
  const also = events.flatMap(({ alsoSubjects }, index) =>
    alsoSubjects.map((subject) => ({ subject, nth: index + 1 })),
  )
  return [
    ...part(
      'events',
      events,
      undefined,
      () => sql`insert into ${tables.event} (pos, ${eventColumns})
      select h.base + u.nth, ${eventColumns}
      from h, unnest(${eventArrays(events)}) with ordinality u(${eventColumns}, nth)`,
    ),
    ...part(
      'histories',
      also,
      undefined,
      () => sql`insert into ${tables.eventSubject} (subject, pos)
      select u.subject, h.base + u.nth
      from h, unnest(${texts(also.map(({ subject }) => subject))}, ${ints(also.map(({ nth }) => nth))})
        u(subject, nth)`,
    ),
  ]
}

function entityParts(tables: Tables, { snapshots }: Write): readonly Part[] {
  const created = snapshots.filter(({ expected }) => expected === 0)
  const changed = snapshots.filter(({ expected }) => expected > 0)
  const arrays = (of: typeof snapshots): Sql =>
    join(
      [
        texts(of.map(({ subject }) => subject)),
        ints(of.map(({ version }) => version)),
        texts(of.map(({ state }) => JSON.stringify(state))),
      ],
      ', ',
    )
  return [
    ...part(
      'created',
      created,
      conflict,
      () => sql`insert into ${tables.entity} (subject, version, state)
      select u.* from h, unnest(${arrays(created)}) u(subject, version, state)
      on conflict do nothing returning 1`,
    ),
    ...part(
      'changed',
      changed,
      conflict,
      () => sql`update ${tables.entity} e
      set version = u.version, state = u.state
      from h, unnest(${arrays(changed)}, ${ints(changed.map(({ expected }) => expected))})
        u(subject, version, state, expected)
      where e.subject = u.subject and e.version = u.expected returning 1`,
    ),
  ]
}

function viewParts(tables: Tables, write: Write, missing: ReadonlySet<string>): readonly Part[] {
  return [...Map.groupBy(write.rows, ({ view }) => view)].flatMap(([view, rows], index) => {
    const table = tables.view(view)
    const gone = rows.filter(({ row }) => row === undefined)
    const kept = rows.filter(({ row }) => row !== undefined)
    // Folded from nothing: if someone else made the row meanwhile, their change would be lost.
    const fresh = kept.filter(({ key }) => missing.has(rowId(view, key)))
    const known = kept.filter(({ key }) => !missing.has(rowId(view, key)))
    const insert = (of: typeof rows): Sql => sql`insert into ${table} (key, row)
      select u.key, u.row::jsonb
      from h, unnest(${texts(of.map(({ key }) => key))}, ${texts(of.map(({ row }) => storableJson(row)))}) u(key, row)
      on conflict `
    return [
      ...part(`rows_made_${index}`, fresh, conflict, () => sql`${insert(fresh)} do nothing returning 1`),
      ...part(
        `rows_put_${index}`,
        known,
        undefined,
        () => sql`${insert(known)} (key) do update set row = excluded.row`,
      ),
      ...part(
        `rows_gone_${index}`,
        gone,
        undefined,
        () => sql`delete from ${table} using h
        where key = any(${texts(gone.map(({ key }) => key))})`,
      ),
    ]
  })
}

function deadlineParts(tables: Tables, { deadlines, firedDeadlines }: Write): readonly Part[] {
  return [
    ...part(
      'deadlines',
      deadlines,
      undefined,
      () => sql`insert into ${tables.deadline} (due_at, recorded, ${eventColumns})
      select u.* from h, unnest(
        ${longs(deadlines.map(({ dueAt }) => dueAt))},
        ${booleans(deadlines.map(({ recorded }) => recorded))},
        ${eventArrays(deadlines)}
      ) u`,
    ),
    ...part(
      'fired',
      firedDeadlines,
      conflict,
      () => sql`delete from ${tables.deadline} using h
      where id = any(${uuids(firedDeadlines)}) returning 1`,
    ),
  ]
}

function parkedParts(tables: Tables, { park, unpark, repark }: Write): readonly Part[] {
  return [
    ...part(
      'parked',
      park,
      undefined,
      () => sql`insert into ${tables.parked}
      (source, reason, attempts, error_code, error_message, since, next_at, ${eventColumns})
      select source, reason, attempts, error_code, error_message, since, next_at, ${eventColumns}
      from h, unnest(
        ${texts(park.map(({ source }) => source))},
        ${texts(park.map(({ reason }) => reason))},
        ${ints(park.map(({ attempts }) => attempts))},
        ${texts(park.map(({ error }) => error?.code))},
        ${texts(park.map(({ error }) => error?.message))},
        ${longs(park.map(({ since }) => since))},
        ${longs(park.map(({ nextAt }) => nextAt))},
        ${eventArrays(park.map(({ event }) => event))}
      ) with ordinality u(source, reason, attempts, error_code, error_message, since, next_at, ${eventColumns}, nth)
      order by nth`,
    ),
    ...part(
      'unparked',
      unpark,
      conflict,
      () => sql`delete from ${tables.parked} using h
      where ticket = any(${longs(unpark)}) returning 1`,
    ),
    ...part(
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
        ${texts(repark.map(({ error }) => error?.code))},
        ${texts(repark.map(({ error }) => error?.message))},
        ${longs(repark.map(({ nextAt }) => nextAt))}
      ) u(ticket, reason, attempts, error_code, error_message, next_at)
      where p.ticket = u.ticket returning 1`,
    ),
  ]
}

function offsetParts(tables: Tables, { offsets }: Write): readonly Part[] {
  const begun = offsets.filter(({ expected }) => expected === 0)
  const arrays = (of: typeof offsets): Sql =>
    join(
      [
        texts(of.map(({ source }) => source)),
        ints(of.map(({ partition }) => partition)),
        longs(of.map(({ next }) => next)),
      ],
      ', ',
    )
  return [
    ...part(
      'moved',
      offsets,
      offsetsLost,
      () => sql`update ${tables.offsets} o set next = u.next
      from h, unnest(${arrays(offsets)}, ${longs(offsets.map(({ expected }) => expected))})
        u(source, partition, next, expected)
      where o.source = u.source and o.partition = u.partition and o.next = u.expected returning 1`,
    ),
    // Each offset is either moved or begun, and the count of `moved` is that of both.
    ...part(
      'begun',
      begun,
      undefined,
      () => sql`insert into ${tables.offsets} (source, partition, next)
      select u.* from h, unnest(${arrays(begun)}) u
      on conflict do nothing returning 1`,
    ).map((begin) => ({ ...begin, expected: { rows: 0, code: offsetsLost } })),
  ]
}

function replyParts(tables: Tables, { replies }: Write): readonly Part[] {
  // Of two processes that answer the same request at once, one comes too late.
  return part(
    'replies',
    replies,
    conflict,
    () => sql`insert into ${tables.reply} (slot, fingerprint, reply, at)
    select u.* from h, unnest(
      ${texts(replies.map(({ slot }) => slot))},
      ${texts(replies.map(({ fingerprint }) => fingerprint))},
      ${texts(replies.map(({ reply }) => JSON.stringify(reply)))},
      ${longs(replies.map(({ at }) => at))}
    ) u on conflict do nothing returning 1`,
  )
}

/** No part for no rows. With a code, as many rows must change as there are. */
function part(
  name: string,
  rows: readonly unknown[],
  code: string | undefined,
  change: () => Sql,
): readonly Part[] {
  if (rows.length === 0) return []
  return [
    { name, change: change(), ...(code === undefined ? {} : { expected: { rows: rows.length, code } }) },
  ]
}

import type { QueueChange, Write } from '@waybill/core'
import { booleans, ints, longs, texts } from './binary.ts'
import { eventArrays, eventColumns } from './event-columns.ts'
import { conflict } from './failures.ts'
import { change, insert, type Part } from './part.ts'
import type { Tables } from './schema.ts'
import { raw, type Sql, sql } from './sql.ts'

/** Parked events, and the rows of their queues: those come first, so that a queue's `first` is no higher than its tickets. */
export function parkedParts(tables: Tables, write: Write): readonly Part[] {
  return [...queueParts(tables, write), ...entryParts(tables, write)]
}

function queueParts(tables: Tables, { queues, unpark }: Write): readonly Part[] {
  const begun = queues.filter(({ expected, length }) => expected === 0 && length > 0)
  const kept = queues.filter(({ expected, length }) => expected > 0 && length > 0)
  const gone = queues.filter(({ expected, length }) => expected > 0 && length === 0)
  return [
    ...insert(
      'queues_begun',
      begun,
      () => sql`insert into ${tables.queue} (queue, first, length, due_at, given_up_by)
        select u.queue, nextval(${tables.tickets}), u.length, h.now + u.after_ms, u.never
        from h, unnest(${lengths(begun)}, ${nexts(begun)}) u(queue, length, after_ms, never) returning 1`,
    ),
    ...change(
      'queues_kept',
      kept,
      conflict,
      () => sql`update ${tables.queue} q set length = u.length,
          first = ${unpark.length === 0 ? raw('q.first') : firstLeft(tables, unpark)},
          due_at = case when u.changes then h.now + u.after_ms else q.due_at end,
          given_up_by = case when u.changes then u.never else q.given_up_by end
        from h, unnest(
          ${lengths(kept)}, ${nexts(kept)},
          ${ints(kept.map(({ expected }) => expected))},
          ${booleans(kept.map(({ next }) => next !== undefined))}
        ) u(queue, length, after_ms, never, expected, changes)
        where q.queue = u.queue and q.length = u.expected`,
    ),
    ...change(
      'queues_gone',
      gone,
      conflict,
      () => sql`delete from ${tables.queue} q
        using h, unnest(${texts(gone.map(({ queue }) => queue))}, ${ints(gone.map(({ expected }) => expected))})
          u(queue, expected)
        where q.queue = u.queue and q.length = u.expected`,
    ),
  ]
}

function lengths(of: readonly QueueChange[]): Sql {
  return sql`${texts(of.map(({ queue }) => queue))}, ${ints(of.map(({ length }) => length))}`
}

function nexts(of: readonly QueueChange[]): Sql {
  return sql`
    ${longs(of.map(({ next = { afterMs: 0 } }) => ('afterMs' in next ? Math.ceil(next.afterMs) : undefined)))},
    ${texts(of.map(({ next }) => (next !== undefined && 'never' in next ? next.never : undefined)))}`
}

/** The first ticket of queue `q` that is not among these. Searches them by halving: they may be a thousand. */
function firstLeft({ parked }: Tables, unpark: readonly number[]): Sql {
  const settled = longs(unpark.toSorted((a, b) => a - b))
  return sql`coalesce((
      select p.ticket from ${parked} p, lateral (select ${settled} as settled) s
      where p.queue = q.queue and p.ticket >= q.first
        and s.settled[width_bucket(p.ticket, s.settled)] is distinct from p.ticket
      order by p.ticket limit 1
    ), q.first)`
}

function entryParts(tables: Tables, { park, unpark, repark, queues }: Write): readonly Part[] {
  const columns = sql`queue, source, reason, attempts, error_code, error_message, since, ${eventColumns}`
  const isBegun = queues.some(({ expected, length }) => expected === 0 && length > 0)
  return [
    ...insert(
      'parked',
      park,
      () => sql`insert into ${tables.parked} (${columns})
        select queue, source, reason, attempts, error_code, error_message, h.now, ${eventColumns}
        from h, ${isBegun ? raw('(select count(*) from queues_begun) begun,') : raw('')} unnest(
          ${texts(park.map(({ queue }) => queue))},
          ${texts(park.map(({ source }) => source))},
          ${texts(park.map(({ reason }) => reason))},
          ${ints(park.map(({ attempts }) => attempts))},
          ${errorArrays(park)},
          ${eventArrays(park.map(({ event }) => event))}
        ) with ordinality u(queue, source, reason, attempts, error_code, error_message, ${eventColumns}, nth)
        order by nth`,
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
        set reason = u.reason, attempts = u.attempts, error_code = u.error_code, error_message = u.error_message
        from h, unnest(
          ${longs(repark.map(({ ticket }) => ticket))},
          ${texts(repark.map(({ reason }) => reason))},
          ${ints(repark.map(({ attempts }) => attempts))},
          ${errorArrays(repark)}
        ) u(ticket, reason, attempts, error_code, error_message)
        where p.ticket = u.ticket`,
    ),
  ]
}

function errorArrays(entries: readonly Pick<Write['park'][number], 'error'>[]): Sql {
  return sql`
    ${texts(entries.map(({ error }) => error?.code))},
    ${texts(entries.map(({ error }) => error?.message))}`
}

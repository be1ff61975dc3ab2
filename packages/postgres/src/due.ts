import type { Deadline, Due, ParkedEntry, Store } from '@waybill/core'
import { ints, longs, texts } from './binary.ts'
import type { Rows, Run } from './database.ts'
import { eventColumns, eventFrom } from './event-columns.ts'
import { page } from './page.ts'
import { parkedColumns, parkedFrom } from './parked.ts'
import { dbNow, type Tables } from './schema.ts'
import { type Sql, sql, statement } from './sql.ts'
import { createSkipper } from './skipper.ts'

/** Of one queue at most this part of what was asked for: the others wait, too. */
const runPart = 5

/** A queue that may be tried, as its row says it. */
type QueueRow = readonly [queue: string, first: number, length: number, dueAt: number | null]

/** What is due, and when the next one will be. */
export function dueFrom(tables: Tables): (run: Run, ask: Parameters<Store['due']>[0]) => Promise<Due> {
  const skipper = createSkipper()

  return async (run, { limit, queues, only }) => {
    const one = limit + 1
    const skip = skipper.begin()
    const ask = async (wanted: boolean, question: () => Sql): Promise<Rows> =>
      wanted ? run(statement(question())) : []

    // First when the next one comes: what becomes due between this and the others is found by both, not by neither.
    const [[times], recorded, later, ready, named] = await Promise.all([
      run(
        statement(sql`with n as materialized (select ${dbNow} as now)
          select now,
            (select due_at from ${tables.deadline}
              where not recorded and due_at > now and due_at >= ${skip.dueAt}::bigint order by due_at limit 1),
            (select due_at from ${tables.queue}
              where due_at > now and due_at >= ${skip.queueDueAt}::bigint order by due_at limit 1)
          from n`),
      ),
      ask(!only, () =>
        page(
          sql`select * from ${tables.deadline} where recorded and nr >= ${skip.nr}::bigint order by nr limit ${one}::int`,
          'nr',
          deadlineColumns,
        ),
      ),
      ask(!only, () =>
        page(
          sql`select * from ${tables.deadline}
            where not recorded and due_at >= ${skip.dueAt}::bigint and due_at <= ${dbNow}
            order by due_at, nr limit ${one}::int`,
          'due_at, nr',
          deadlineColumns,
        ),
      ),
      ask(
        !only,
        () => sql`select queue, first, length, due_at from ${tables.queue}
          where due_at >= ${skip.queueDueAt}::bigint and due_at <= ${dbNow}
          order by due_at, queue limit ${one}::int`,
      ),
      ask(
        queues.length > 0,
        () => sql`select queue, first, length, due_at from ${tables.queue} where queue = any(${texts(queues)})
          order by due_at, queue`,
      ),
    ])
    const [now, nextDeadline, nextQueue] = times as readonly [number, number | null, number | null]
    const names = new Set(queues)
    const waiting = [...named, ...ready.filter(([queue]) => !names.has(queue))] as unknown as QueueRow[]
    const parked = await runsOf(run, tables, waiting, limit)
    if (only) return { now, deadlines: [], parked: parked.entries, nextInMs: undefined }

    skipper.end(skip, {
      now,
      nr: recorded[0]?.[1],
      dueAt: later[0]?.[2] ?? nextDeadline,
      queueDueAt: ready[0]?.[3] ?? nextQueue,
    })
    const kinds = [recorded, later].map((rows) => ({
      deadlines: rows.slice(0, limit).map(deadlineFrom),
      isMore: rows.length > 0 && rows[0]![0] > Math.min(rows.length, limit),
    }))
    const isMore = parked.isMore || kinds.some((kind) => kind.isMore)
    const next = [nextDeadline, nextQueue].filter((at) => at !== null)
    return {
      now,
      deadlines: kinds.flatMap(({ deadlines }) => deadlines),
      parked: parked.entries,
      nextInMs: isMore ? 0 : next.length === 0 ? undefined : Math.max(0, Math.min(...next) - now),
    }
  }
}

const deadlineColumns = sql`nr, due_at, recorded, ${eventColumns}`

/** @param row how many there were, then the columns above */
function deadlineFrom(row: readonly any[]): Deadline {
  return { recorded: row[3], ...eventFrom(row, 4) }
}

/** The first events of these queues, in their order, as far as they go into one page. */
async function runsOf(
  run: Run,
  tables: Tables,
  queues: readonly QueueRow[],
  limit: number,
): Promise<{ readonly entries: readonly ParkedEntry[]; readonly isMore: boolean }> {
  const runs: { queue: QueueRow; count: number }[] = []
  const most = Math.ceil(limit / runPart)
  let left = limit
  let isMore = false
  for (const queue of queues) {
    const wanted = Math.min(queue[2], most)
    const count = Math.min(wanted, left)
    if (count < wanted) isMore = true
    if (count === 0) break
    left -= count
    runs.push({ queue, count })
  }
  if (runs.length === 0) return { entries: [], isMore }
  const wanted = sql`select u.nth, u.due_at, parked.*
    from unnest(
      ${texts(runs.map(({ queue }) => queue[0]))},
      ${longs(runs.map(({ queue }) => queue[1]))},
      ${longs(runs.map(({ queue }) => queue[3]))},
      ${ints(runs.map(({ count }) => count))}
    ) with ordinality u(queue, first, due_at, most, nth), lateral (
      select * from ${tables.parked} p where p.queue = u.queue and p.ticket >= u.first
      order by p.ticket limit u.most
    ) parked`
  const rows = await run(statement(page(wanted, 'nth, ticket', sql`due_at, ${parkedColumns}`)))
  return {
    entries: rows.map((row) => parkedFrom(row.slice(1))),
    isMore: isMore || rows.length < (rows[0]?.[0] ?? 0),
  }
}

/** Makes due what other definitions than this one gave up. In order, as batches lock queues, too. */
export async function retryGivenUp(run: Run, tables: Tables, definition: string): Promise<void> {
  await run(
    statement(sql`with given_up as (
        select queue from ${tables.queue} where given_up_by is not null and given_up_by <> ${definition}
        order by queue for update
      )
      update ${tables.queue} q set due_at = ${dbNow}, given_up_by = null
      from given_up g where q.queue = g.queue`),
  )
}

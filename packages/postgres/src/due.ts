import type { Due } from '@waybill/core'
import { texts } from './binary.ts'
import type { Run } from './database.ts'
import { eventColumns, eventFrom } from './event-columns.ts'
import { parkedColumns, parkedFrom } from './parked.ts'
import type { Tables } from './schema.ts'
import { raw, type Sql, sql, statement } from './sql.ts'

/**
 * What is due, and when the next one will be: at once, if more is due than was asked for.
 * @param keys whose first parked events are wanted in any case
 */
export async function due(
  run: Run,
  tables: Tables,
  { now, limit, keys }: { readonly now: number; readonly limit: number; readonly keys: readonly string[] },
): Promise<Due> {
  const deadline = sql`select due_at, recorded, ${eventColumns} from ${tables.deadline}`
  const [recorded, later, parked, next] = await Promise.all([
    run(statement(sql`${deadline} where recorded order by nr limit ${limit}::int`)),
    run(
      statement(sql`${deadline} where not recorded and due_at <= ${now}::bigint
        order by due_at, id limit ${limit}::int`),
    ),
    run(
      statement(sql`${queues(tables)}, ready as (
          (select ticket ${retried(tables)} and next_at <= ${now}::bigint
            order by next_at limit ${limit}::int)
          union all
          select ticket from behind where next_at <= ${now}::bigint
          union all
          ${firstOfEach(tables, keys)}
        )
        ${parkedOf(tables)} limit ${limit}::int`),
    ),
    run(
      statement(sql`${queues(tables)}
        (select due_at from ${tables.deadline} where not recorded and due_at > ${now}::bigint
          order by due_at limit 1)
        union all
        (select next_at ${retried(tables)} and next_at > ${now}::bigint
          order by next_at limit 1)
        union all
        select min(next_at) from behind where next_at > ${now}::bigint having count(*) > 0`),
    ),
  ])
  const more = [recorded, later, parked].some(({ length }) => length === limit)
  const times = [...next.map(([at]) => at as number), ...(more ? [now] : [])]
  return {
    deadlines: [...recorded, ...later].map((row) => ({
      dueAt: row[0],
      recorded: row[1],
      ...eventFrom(row, 2),
    })),
    parked: parked.map(parkedFrom),
    nextAt: times.length === 0 ? undefined : Math.min(...times),
  }
}

/** The first parked events of these keys, and nothing else. */
export async function dueOfKeys(
  run: Run,
  tables: Tables,
  limit: number,
  keys: readonly string[],
): Promise<Due> {
  const parked = await run(
    statement(sql`with ready as (${firstOfEach(tables, keys)}) ${parkedOf(tables)} limit ${limit}::int`),
  )
  return { deadlines: [], parked: parked.map(parkedFrom), nextAt: undefined }
}

function parkedOf({ parked }: Tables): Sql {
  return sql`select ${parkedColumns} from ${parked} where ticket = any(array(select ticket from ready)) order by ticket`
}

function firstOfEach(tables: Tables, keys: readonly string[]): Sql {
  return sql`select first.ticket
    from unnest(${texts(keys)}) u(key), lateral (${firstOf(tables, raw('u.key'))}) first`
}

/** Only the first of a key may be tried. One that failed or has an effect under way is found by its time. */
function retried({ parked }: Tables): Sql {
  return sql`from ${parked} p where reason <> 'behind'
    and not exists (select from ${parked} earlier where earlier.key = p.key and earlier.ticket < p.ticket)`
}

/**
 * The others were behind an event that is settled by now: `behind` are those that have become the first of their key.
 * Goes from key to key in the index, however long the queues are.
 */
function queues(tables: Tables): Sql {
  const { parked } = tables
  return sql`with recursive queue as (
      (select key from ${parked} where reason = 'behind' order by key limit 1)
      union all
      select next.key from queue, lateral (
        select key from ${parked} p where reason = 'behind' and p.key > queue.key order by p.key limit 1
      ) next
    ), behind as (
      select first.* from queue, lateral (${firstOf(tables, raw('queue.key'))}) first where reason = 'behind'
    )`
}

function firstOf({ parked }: Tables, key: Sql): Sql {
  return sql`select ticket, reason, next_at from ${parked} p where p.key = ${key} order by p.ticket limit 1`
}

import { type Loaded, type Need, rowId } from '@waybill/core'
import { longs, texts, uuids } from './binary.ts'
import type { Rows, Run } from './database.ts'
import type { Tables } from './schema.ts'
import { raw, type Sql, sql, statement } from './sql.ts'

/**
 * Reads what a batch needs, in one round trip.
 * @param mode `lock`: in a transaction; claims event ids, and keeps what it reads from changing
 */
export async function load(run: Run, tables: Tables, need: Need, mode: 'peek' | 'lock'): Promise<Loaded> {
  const lock = raw(mode === 'lock' ? 'for update' : '')
  const ask = async (wanted: readonly unknown[], question: () => Sql): Promise<Rows> =>
    wanted.length === 0 ? [] : run(statement(question()))

  const [duplicates, entities, parked, replies, ...views] = await Promise.all([
    mode === 'lock' ? claim(run, tables, need.claim) : claimed(run, tables, need.claim),
    ask(
      need.subjects,
      () => sql`select subject, version, state from ${tables.entity}
        where subject = any(${texts(need.subjects)}) order by subject ${lock}`,
    ),
    ask(
      need.keys,
      () => sql`select u.key from unnest(${texts(need.keys)}) u(key)
        where exists (select from ${tables.parked} p where p.key = u.key)`,
    ),
    ask(
      need.slots,
      () => sql`select slot, fingerprint, reply from ${tables.reply} where slot = any(${texts(need.slots)})`,
    ),
    // View by view in one order for everybody: so two batches never lock each other out.
    ...[...Map.groupBy(need.rows, (row) => row.view)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([view, rows]) => ({
        view,
        rows: await run(
          statement(sql`select key, row from ${tables.view(view)}
          where key = any(${texts(rows.map((row) => row.key))}) order by key ${lock}`),
        ),
      })),
  ])

  return {
    duplicates,
    snapshots: new Map(
      entities.map(([subject, version, state]) => [subject, { subject, version, state: JSON.parse(state) }]),
    ),
    rows: new Map(views.flatMap(({ view, rows }) => rows.map(([key, row]) => [rowId(view, key), row]))),
    parkedKeys: new Set(parked.map(([key]) => key)),
    replies: new Map(
      replies.map(([slot, fingerprint, reply]) => [
        slot,
        { slot, fingerprint, reply: reply === null ? undefined : JSON.parse(reply) },
      ]),
    ),
  }
}

/** Claims event ids and tells which of them were claimed before. */
async function claim(run: Run, tables: Tables, events: Need['claim']): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set()
  // In order, so that of two batches with the same ids one waits for the other.
  const claimed = await run(
    statement(sql`insert into ${tables.inbox} (event_id, at)
      select id, at from unnest(${uuids(events.map(({ id }) => id))}, ${longs(events.map(({ at }) => at))}) u(id, at)
      order by id on conflict do nothing returning event_id`),
  )
  const fresh = new Set(claimed.map(([id]) => id))
  return new Set(events.flatMap(({ id }) => (fresh.has(id) ? [] : [id])))
}

async function claimed(run: Run, tables: Tables, events: Need['claim']): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set()
  const found = await run(
    statement(sql`select event_id from ${tables.inbox}
      where event_id = any(${uuids(events.map(({ id }) => id))})`),
  )
  return new Set(found.map(([id]) => id))
}

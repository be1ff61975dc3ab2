import { type Loaded, type Need, rowId, type Snapshot } from '@waybill/core'
import { texts, uuids } from './binary.ts'
import type { Rows, Run } from './database.ts'
import { dbNow, type Tables } from './schema.ts'
import { raw, type Sql, sql, statement } from './sql.ts'

/** Where the state of an entity stands: `gen` 0 is its row in `entity`, others are in `entity_hot`. */
export interface Place {
  readonly gen: number
  /** How often that row was written. */
  readonly writes: number
}

export interface Located extends Loaded {
  readonly places: ReadonlyMap<string, Place>
}

/**
 * Reads what a batch needs, in one round trip.
 * @param mode `lock`: in a transaction; claims event ids, and keeps what it reads from changing
 */
export async function load(run: Run, tables: Tables, need: Need, mode: 'peek' | 'lock'): Promise<Located> {
  const lock = raw(mode === 'lock' ? 'for update' : '')
  const ask = async (wanted: readonly unknown[], question: () => Sql): Promise<Rows> =>
    wanted.length === 0 ? [] : run(statement(question()))

  const [duplicates, entities, hot, queues, replies, ...views] = await Promise.all([
    mode === 'lock' ? claim(run, tables, need.claim) : claimed(run, tables, need.claim),
    // A row of this table is never deleted: so whoever has waited for it has it.
    ask(
      need.subjects,
      () => sql`select subject, version, state, writes from ${tables.entity}
        where subject = any(${texts(need.subjects)}) order by subject ${lock}`,
    ),
    // With a snapshot of its own, taken when the rows above are locked: what it finds is the latest.
    ask(
      need.subjects,
      () => sql`select hot.* from unnest(${texts(need.subjects)}) u(subject), lateral (
          select subject, version, state, writes, gen from ${tables.entityHot} h
          where h.subject = u.subject order by gen desc limit 1
        ) hot`,
    ),
    ask(
      need.queues,
      () => sql`select queue, length from ${tables.queue}
        where queue = any(${texts(need.queues)}) order by queue ${lock}`,
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
    ...located(entities, hot),
    rows: new Map(views.flatMap(({ view, rows }) => rows.map(([key, row]) => [rowId(view, key), row]))),
    queues: new Map(queues.map(([queue, length]) => [queue, length])),
    replies: new Map(
      replies.map(([slot, fingerprint, reply]) => [
        slot,
        { slot, fingerprint, reply: reply === null ? undefined : JSON.parse(reply) },
      ]),
    ),
  }
}

function located(entities: Rows, hot: Rows): Pick<Located, 'snapshots' | 'places'> {
  const moved = new Map(hot.map((row) => [row[0] as string, row]))
  const snapshots = new Map<string, Snapshot>()
  const places = new Map<string, Place>()
  for (const row of entities) {
    // A row without a state has been left: for this one, which was there before the row was locked.
    const [subject, version, state, writes, gen = 0] = row[2] === null ? moved.get(row[0])! : row
    snapshots.set(subject, { subject, version, state: JSON.parse(state) })
    places.set(subject, { gen, writes })
  }
  return { snapshots, places }
}

/** Claims event ids and tells which of them were claimed before. */
async function claim(run: Run, tables: Tables, ids: Need['claim']): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  // In order, so that of two batches with the same ids one waits for the other.
  const fresh = await run(
    statement(sql`insert into ${tables.inbox} (event_id, at)
      select id, ${dbNow} from unnest(${uuids(ids)}) u(id)
      order by id on conflict do nothing returning event_id`),
  )
  const claimedNow = new Set(fresh.map(([id]) => id))
  return new Set(ids.filter((id) => !claimedNow.has(id)))
}

async function claimed(run: Run, tables: Tables, ids: Need['claim']): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const found = await run(
    statement(sql`select event_id from ${tables.inbox} where event_id = any(${uuids(ids)})`),
  )
  return new Set(found.map(([id]) => id))
}

import { type Loaded, type Need, rowId, type Snapshot } from '@waybill/core'
import { texts } from './binary.ts'
import { claim, claimed } from './claims.ts'
import type { Rows, Run } from './database.ts'
import type { Tables } from './schema.ts'
import { raw, type Sql, sql, statement } from './sql.ts'

/** Where the state of an entity stands: `gen` 0 is its row in `entity`, others are in `entity_hot`. */
export interface Place {
  readonly gen: number
  /** It was written there so often that it has to move. */
  readonly isFull: boolean
}

/**
 * So often a row is written in place. Then the entity moves to a new one: while somebody holds a snapshot, all versions of
 * a row have to stay, and whoever looks for the last one goes through them.
 */
const writesMax = 64

export interface Located extends Loaded {
  /** Of entities that are not in `entity`, or have to leave it. */
  readonly places: ReadonlyMap<string, Place>
}

/** Entities that have left their first row, as far as this process has met them: a guess that saves asking for all. */
export type Moved = Set<string>

/** More than that are hardly written all the time. */
const movedMax = 10_000

/**
 * Reads what a batch needs, in one round trip.
 * @param mode `lock`: in a transaction; claims what has come, and keeps what it reads from changing
 */
export async function load(
  run: Run,
  tables: Tables,
  { need, mode, moved }: { readonly need: Need; readonly mode: 'peek' | 'lock'; readonly moved: Moved },
): Promise<Located> {
  const guessed = moved.size === 0 ? [] : need.subjects.filter((subject) => moved.has(subject))
  const lock = raw(mode === 'lock' ? 'for update' : '')
  const ask = async (wanted: readonly unknown[], question: () => Sql): Promise<Rows> =>
    wanted.length === 0 ? [] : run(statement(question()))

  const [duplicates, entities, hot, queues, replies, ...views] = await Promise.all([
    mode === 'lock' ? claim(run, tables, need.claim) : claimed(run, tables, need.claim),
    // A row of this table is never deleted: so whoever has waited for it has it.
    ask(
      need.subjects,
      () => sql`select subject, version, state, way, ${isFull} from ${tables.entity}
        where subject = any(${texts(need.subjects)}) order by subject ${lock}`,
    ),
    hotOf(run, tables, guessed),
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

  const left = entities.filter(([, , state]) => state === null).map(([subject]) => subject as string)
  const states = new Map(hot.map((row) => [row[0] as string, row]))
  const unknown = left.filter((subject) => !states.has(subject))
  for (const row of await hotOf(run, tables, unknown)) states.set(row[0], row)
  if (moved.size + unknown.length > movedMax) moved.clear()
  for (const subject of unknown) moved.add(subject)

  return {
    duplicates,
    ...located(entities, states),
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

/** Null where it is not: so of most rows nothing has to be read. */
const isFull = sql`case when writes >= ${raw(String(writesMax))} then true end`

/**
 * The states of entities that have left their first row. With a snapshot of its own, taken when those rows are locked: what
 * it finds is the latest.
 */
async function hotOf(run: Run, tables: Tables, subjects: readonly string[]): Promise<Rows> {
  if (subjects.length === 0) return []
  return run(
    statement(sql`select hot.* from unnest(${texts(subjects)}) u(subject), lateral (
        select subject, version, state, way, ${isFull}, gen from ${tables.entityHot} h
        where h.subject = u.subject order by gen desc limit 1
      ) hot`),
  )
}

function located(
  entities: Rows,
  states: ReadonlyMap<string, Rows[number]>,
): Pick<Located, 'snapshots' | 'places'> {
  const snapshots = new Map<string, Snapshot>()
  const places = new Map<string, Place>()
  for (const first of entities) {
    const row = first[2] === null ? states.get(first[0])! : first
    const [subject, version, state, way, isRowFull, gen = 0] = row
    snapshots.set(subject, { subject, version, state: JSON.parse(state), way })
    if (gen > 0 || isRowFull !== null) places.set(subject, { gen, isFull: isRowFull !== null })
  }
  return { snapshots, places }
}

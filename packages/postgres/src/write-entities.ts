import type { Write } from '@waybill/core'
import { ints, texts } from './binary.ts'
import { conflict } from './failures.ts'
import type { Place } from './load.ts'
import { change, insert, type Part } from './part.ts'
import type { Tables } from './schema.ts'
import { type Sql, sql } from './sql.ts'

/**
 * So often a row is written in place. Then the entity moves to a new one: while somebody holds a snapshot, all versions of
 * a row have to stay, and whoever looks for the last one goes through them.
 */
const writesMax = 64

type Entry = Write['snapshots'][number]

/** What is created, written in place, and moved on. All that is known was locked by its row in `entity`. */
export function entityParts(
  tables: Tables,
  { snapshots }: Write,
  places: ReadonlyMap<string, Place>,
): readonly Part[] {
  const placeOf = ({ subject }: Entry): Place => places.get(subject) ?? { gen: 0, writes: 0 }
  const isFull = (entry: Entry): boolean => placeOf(entry).writes >= writesMax
  const known = snapshots.filter(({ expected }) => expected > 0)
  const fresh = snapshots.filter(({ expected }) => expected === 0)
  const stay = known.filter((entry) => !isFull(entry) && placeOf(entry).gen === 0)
  const hot = known.filter((entry) => isFull(entry) || placeOf(entry).gen > 0)
  return [
    ...insert(
      'created',
      fresh,
      () => sql`insert into ${tables.entity} (subject, version, state)
        select u.* from h, unnest(${arrays(fresh)}) u`,
    ),
    ...change(
      'changed',
      stay,
      conflict,
      () => sql`update ${tables.entity} e set version = u.version, state = u.state, writes = e.writes + 1
        from h, unnest(${arrays(stay)}, ${ints(stay.map(({ expected }) => expected))})
          u(subject, version, state, expected)
        where e.subject = u.subject and e.version = u.expected and e.state is not null`,
    ),
    ...hotParts(tables, hot, (entry) => ({ ...placeOf(entry), isFull: isFull(entry) })),
  ]
}

/** Three in any case, and not one or another of them: combinations of parts have to be kept parsed. */
function hotParts(
  tables: Tables,
  hot: readonly Entry[],
  placeOf: (entry: Entry) => Place & { readonly isFull: boolean },
): readonly Part[] {
  if (hot.length === 0) return []
  const stay = hot.filter((entry) => !placeOf(entry).isFull)
  const moved = hot.filter((entry) => placeOf(entry).isFull)
  const placed = (of: readonly Entry[]): Sql => sql`
    ${arrays(of)},
    ${ints(of.map(({ expected }) => expected))},
    ${ints(of.map((entry) => placeOf(entry).gen))}`
  const rows = (count: number) => ({ rows: count, code: conflict })
  return [
    {
      name: 'hot',
      change: sql`update ${tables.entityHot} e set version = u.version, state = u.state, writes = e.writes + 1
        from h, unnest(${placed(stay)}) u(subject, version, state, expected, gen)
        where e.subject = u.subject and e.gen = u.gen and e.version = u.expected returning 1`,
      expected: rows(stay.length),
    },
    {
      name: 'emptied',
      change: sql`update ${tables.entity} e set state = null
        from h, unnest(${placed(moved)}) u(subject, version, state, expected, gen)
        where u.gen = 0 and e.subject = u.subject and e.version = u.expected and e.state is not null
        returning u.subject, u.version, u.state, u.gen`,
    },
    {
      name: 'left_behind',
      change: sql`delete from ${tables.entityHot} e
        using h, unnest(${placed(moved)}) u(subject, version, state, expected, gen)
        where e.subject = u.subject and e.gen = u.gen and e.version = u.expected
        returning u.subject, u.version, u.state, u.gen`,
    },
    {
      name: 'moved',
      change: sql`insert into ${tables.entityHot} (subject, gen, version, state)
        select subject, gen + 1, version, state from emptied
        union all select subject, gen + 1, version, state from left_behind
        returning 1`,
      expected: rows(moved.length),
    },
  ]
}

function arrays(of: readonly Entry[]): Sql {
  return sql`
    ${texts(of.map(({ subject }) => subject))},
    ${ints(of.map(({ version }) => version))},
    ${texts(of.map(({ state }) => JSON.stringify(state)))}`
}

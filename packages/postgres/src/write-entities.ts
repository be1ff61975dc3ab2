import type { Write } from '@waybill/core'
import { ints, texts } from './binary.ts'
import { conflict } from './failures.ts'
import type { Place } from './load.ts'
import { change, insert, type Part } from './part.ts'
import type { Tables } from './schema.ts'
import { type Sql, sql } from './sql.ts'

type Entry = Write['snapshots'][number]

const first: Place = { gen: 0, isFull: false }

/** What is created, written in place, and moved on. All that is known was locked by its row in `entity`. */
export function entityParts(
  tables: Tables,
  { snapshots }: Write,
  places: ReadonlyMap<string, Place>,
): readonly Part[] {
  const placeOf = ({ subject }: Entry): Place => places.get(subject) ?? first
  const known = snapshots.filter(({ expected }) => expected > 0)
  const fresh = snapshots.filter(({ expected }) => expected === 0)
  const stay = places.size === 0 ? known : known.filter(({ subject }) => !places.has(subject))
  const hot = places.size === 0 ? [] : known.filter(({ subject }) => places.has(subject))
  return [
    ...insert(
      'created',
      fresh,
      () => sql`insert into ${tables.entity} (subject, version, state, way)
        select u.* from h, unnest(${arrays(fresh)}) u`,
    ),
    ...change(
      'changed',
      stay,
      conflict,
      () => sql`update ${tables.entity} e set version = u.version, state = u.state, way = u.way, writes = e.writes + 1
        from h, unnest(${arrays(stay)}, ${ints(stay.map(({ expected }) => expected))})
          u(subject, version, state, way, expected)
        where e.subject = u.subject and e.version = u.expected and e.state is not null`,
    ),
    ...hotParts(tables, hot, placeOf),
  ]
}

function hotParts(tables: Tables, hot: readonly Entry[], placeOf: (entry: Entry) => Place): readonly Part[] {
  const stay = hot.filter((entry) => !placeOf(entry).isFull)
  const moved = hot.filter((entry) => placeOf(entry).isFull)
  const placed = (of: readonly Entry[]): Sql => sql`
    ${arrays(of)},
    ${ints(of.map(({ expected }) => expected))},
    ${ints(of.map((entry) => placeOf(entry).gen))}`
  const leave: readonly Part[] = [
    {
      name: 'emptied',
      change: sql`update ${tables.entity} e set state = null
        from h, unnest(${placed(moved)}) u(subject, version, state, way, expected, gen)
        where u.gen = 0 and e.subject = u.subject and e.version = u.expected and e.state is not null
        returning u.subject, u.version, u.state, u.way, u.gen`,
    },
    {
      name: 'left_behind',
      change: sql`delete from ${tables.entityHot} e
        using h, unnest(${placed(moved)}) u(subject, version, state, way, expected, gen)
        where e.subject = u.subject and e.gen = u.gen and e.version = u.expected
        returning u.subject, u.version, u.state, u.way, u.gen`,
    },
    {
      name: 'moved',
      change: sql`insert into ${tables.entityHot} (subject, gen, version, state, way)
        select subject, gen + 1, version, state, way from emptied
        union all select subject, gen + 1, version, state, way from left_behind
        returning 1`,
      expected: { rows: moved.length, code: conflict },
    },
  ]
  return [
    ...change(
      'hot',
      stay,
      conflict,
      () => sql`update ${tables.entityHot} e set version = u.version, state = u.state, way = u.way, writes = e.writes + 1
        from h, unnest(${placed(stay)}) u(subject, version, state, way, expected, gen)
        where e.subject = u.subject and e.gen = u.gen and e.version = u.expected`,
    ),
    ...(moved.length === 0 ? [] : leave),
  ]
}

function arrays(of: readonly Entry[]): Sql {
  return sql`
    ${texts(of.map(({ subject }) => subject))},
    ${ints(of.map(({ version }) => version))},
    ${texts(of.map(({ state }) => JSON.stringify(state)))},
    ${ints(of.map(({ way }) => way))}`
}

import type { Store } from '@waybill/core'
import { texts } from './binary.ts'
import type { Run } from './database.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

export async function notes(run: Run, { note }: Tables): Promise<ReadonlyMap<string, string>> {
  return new Map(
    (await run(statement(sql`select name, value from ${note}`))).map(([name, value]) => [name, value]),
  )
}

export async function keepNotes(
  run: Run,
  { note }: Tables,
  kept: ReadonlyMap<string, string>,
): Promise<void> {
  const names = texts([...kept.keys()])
  await run(
    statement(sql`with gone as (delete from ${note} where name <> all(${names}))
      insert into ${note} select * from unnest(${names}, ${texts([...kept.values()])})
      on conflict (name) do update set value = excluded.value`),
  )
}

/** Of an event it is looked for in the whole log where there is none: this is for a start, and only after a change. */
export async function holds(run: Run, tables: Tables, what: Parameters<Store['holds']>[0]): Promise<boolean> {
  const found =
    'entity' in what
      ? sql`select from ${tables.entity} where subject >= ${`${what.entity}/`} and subject < ${`${what.entity}0`} limit 1`
      : sql`(select from ${tables.event} where type = ${what.event} limit 1)
          union all (select from ${tables.deadline} where type = ${what.event} limit 1)
          union all (select from ${tables.parked} where type = ${what.event} limit 1)`
  return (await run(statement(found))).length > 0
}

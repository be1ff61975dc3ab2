import type { Run } from './database.ts'
import { dbNow, type Tables } from './schema.ts'
import { type Sql, sql, statement } from './sql.ts'

/** Rows that one statement deletes: so many take a fraction of a second. */
const chunk = 10_000

/** Deletes event ids claimed so long ago and replies whose time is over, piece by piece. */
export async function forget(run: Run, tables: Tables, claimedBeforeMs: number): Promise<void> {
  await forgetRows(run, tables.inbox, sql`at < ${dbNow} - ${claimedBeforeMs}::bigint`)
  await forgetRows(run, tables.reply, sql`until < ${dbNow}`)
}

async function forgetRows(run: Run, table: Sql, old: Sql): Promise<void> {
  for (let deleted = chunk; deleted === chunk;) {
    const [[count]] = (await run(
      statement(sql`with gone as (
          delete from ${table} where ctid = any(array(
            select ctid from ${table} where ${old} limit ${chunk}::int
          )) returning 1
        ) select count(*) from gone`),
    )) as [[number]]
    deleted = count
  }
}

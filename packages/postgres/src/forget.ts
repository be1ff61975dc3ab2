import type { Run } from './database.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

/** Rows that one statement deletes: so many take a fraction of a second. */
const chunk = 10_000

/** Deletes claimed event ids and stored replies that are older, piece by piece. */
export async function forget(run: Run, tables: Tables, before: number): Promise<void> {
  for (const table of [tables.inbox, tables.reply]) {
    for (let deleted = chunk; deleted === chunk;) {
      const [[count]] = (await run(
        statement(sql`with gone as (
            delete from ${table} where ctid = any(array(
              select ctid from ${table} where at < ${before}::bigint limit ${chunk}::int
            )) returning 1
          ) select count(*) from gone`),
      )) as [[number]]
      deleted = count
    }
  }
}

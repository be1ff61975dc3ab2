import type { Offset } from '@waybill/core'
import type { Run } from './database.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

/**
 * All positions. The one that holds is the highest of its partition, so the look goes from one to the next and not through
 * those that were left.
 */
export async function offsets(run: Run, { offsets: table }: Tables): Promise<readonly Offset[]> {
  const rows = await run(
    statement(sql`with recursive last as (
        (select source, partition, next, mark from ${table}
          order by source desc, partition desc, next desc limit 1)
        union all
        select lower.* from last, lateral (
          select source, partition, next, mark from ${table} o
          where (o.source, o.partition) < (last.source, last.partition)
          order by o.source desc, o.partition desc, o.next desc limit 1
        ) lower
      ) select source, partition, next, mark from last where next >= 0`),
  )
  return rows.map(([source, partition, next, mark]) => ({
    source,
    partition,
    next,
    ...(mark === null ? {} : { mark }),
  }))
}

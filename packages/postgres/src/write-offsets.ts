import type { Write } from '@waybill/core'
import { ints, longs, texts } from './binary.ts'
import { offsetsLost } from './failures.ts'
import type { Part } from './part.ts'
import type { Tables } from './schema.ts'
import { type Sql, sql } from './sql.ts'

/**
 * An offset that moves is a new row, whose key holds the position; the old one must be there to be deleted. The row of
 * position -1 stays: two that begin the same partition meet at it. Of one that has gone back to 0, or says there of which log
 * it speaks, the next move also starts from 0: two such meet at the row that is there.
 */
export function offsetParts(tables: Tables, { offsets }: Write): readonly Part[] {
  const fresh = offsets.filter(({ expected }) => expected === 0)
  const known = offsets.filter(({ expected }) => expected > 0)
  const arrays = (of: typeof offsets): Sql => sql`
    ${texts(of.map(({ source }) => source))},
    ${ints(of.map(({ partition }) => partition))},
    ${longs(of.map(({ next }) => next))},
    ${texts(of.map(({ mark }) => mark))}`
  const insertion = sql`insert into ${tables.offsets} (source, partition, next, mark)`
  const moved: readonly Part[] = [
    {
      name: 'old_offsets',
      change: sql`delete from ${tables.offsets} o
        using h, unnest(${arrays(known)}, ${longs(known.map(({ expected }) => expected))})
          u(source, partition, next, mark, expected)
        where o.source = u.source and o.partition = u.partition and o.next = u.expected
        returning u.source, u.partition, u.next, u.mark`,
    },
    {
      name: 'reached',
      change: sql`${insertion} select * from old_offsets returning 1`,
      expected: { rows: known.length, code: offsetsLost },
    },
  ]
  const begun: readonly Part[] = [
    {
      name: 'at_0',
      change: sql`delete from ${tables.offsets} o using h, unnest(${arrays(fresh)}) u(source, partition, next, mark)
        where o.source = u.source and o.partition = u.partition and o.next = 0
        returning u.source, u.partition`,
    },
    {
      name: 'begun',
      // Joined, so that what is at 0 is gone before it may come again with another mark.
      change: sql`${insertion}
        select u.source, u.partition, b.next, b.mark
        from h, unnest(${arrays(fresh)}) u(source, partition, next, mark)
          left join at_0 on at_0.source = u.source and at_0.partition = u.partition,
          lateral (values (-1, null), (u.next, u.mark)) b(next, mark)
        where b.next >= 0 or at_0.source is null`,
    },
  ]
  return [...(fresh.length === 0 ? [] : begun), ...(known.length === 0 ? [] : moved)]
}

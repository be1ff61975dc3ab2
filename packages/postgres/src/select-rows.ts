import type { RowSelection, Store } from '@waybill/core'
import type { Run } from './database.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './schema.ts'
import { join, raw, sql, statement } from './sql.ts'
import { indexed, viewField } from './view-field.ts'

/** One page of a view, in the order of its key, which is the last column of each of its indexes. */
export async function selectRows(
  run: Run,
  tables: Tables,
  selection: RowSelection,
): ReturnType<Store['selectRows']> {
  const { view, where, after, limit, order } = selection
  const ascending = order === 'ascending'
  const conditions = Object.entries(where)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const field = viewField(name)
      const wanted = sql`${storableJson(value)}::jsonb`
      return sql`${indexed(field)} = ${indexed(wanted)} and ${field} = ${wanted}`
    })
  if (after !== undefined) conditions.push(sql`key ${raw(ascending ? '>' : '<')} ${after}`)
  const condition = conditions.length === 0 ? raw('true') : join(conditions, ' and ')
  const rows = await run(
    statement(sql`select key, row from ${tables.view(view)} where ${condition}
      order by key ${raw(ascending ? 'asc' : 'desc')} limit ${limit}::int`),
  )
  return rows.map(([rowKey, row]) => ({ key: rowKey, row }))
}

import type { RowSelection, ServiceDef, Store } from '@waybill/core'
import type { Run } from './database.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './schema.ts'
import { join, raw, type Sql, sql, statement } from './sql.ts'
import { indexed, viewField } from './view-field.ts'

/** The fields of each index, by view. */
export type Indexes = ReadonlyMap<string, readonly (readonly string[])[]>

export function indexesOf({ views }: ServiceDef): Indexes {
  return new Map(views.map(({ name, indexes }) => [name, indexes]))
}

/** One page of a view, in the order of its key, which is the last column of each of its indexes. */
export async function selectRows(
  run: Run,
  tables: Tables,
  { selection, indexes }: { readonly selection: RowSelection; readonly indexes: Indexes },
): ReturnType<Store['selectRows']> {
  const { view, after, limit, order } = selection
  const where = Object.entries(selection.where).filter(([, value]) => value !== undefined)
  const fields = indexes
    .get(view)
    ?.find((names) => names.length === where.length && where.every(([name]) => names.includes(name)))
  const wanted = new Map(where.map(([name, value]) => [name, sql`${storableJson(value)}::jsonb`]))
  // Not as an equation: the planner would think that hardly a row is left, and that any way to find it is as good.
  const exact = [...wanted].map(([name, value]) => sql`coalesce(${viewField(name)} = ${value}, false)`)
  const { range, by } = stretch(
    (fields ?? []).map((name) => ({ column: indexed(viewField(name)), value: indexed(wanted.get(name)!) })),
    { after, order },
  )
  const conditions = [...exact, ...range]
  const condition = conditions.length === 0 ? raw('true') : join(conditions, ' and ')
  const direction = raw(order === 'ascending' ? ' asc' : ' desc')
  const rows = await run(
    statement(sql`select key, row from ${tables.view(view)} where ${condition}
      order by ${join(by, `${direction.strings[0]}, `)}${direction} limit ${limit}::int`),
  )
  return rows.map(([rowKey, row]) => ({ key: rowKey, row }))
}

/**
 * A stretch of an index: its last field from a value to the same value. Said as an equation, it would leave the planner the
 * key's own index, which comes in the same order then, and in which it would look for a rare value along the whole view.
 */
function stretch(
  columns: readonly { readonly column: Sql; readonly value: Sql }[],
  { after, order }: { readonly after: string | undefined; readonly order: RowSelection['order'] },
): { readonly range: readonly Sql[]; readonly by: readonly Sql[] } {
  const key = raw('key')
  const beyond = raw(order === 'ascending' ? '>' : '<')
  const last = columns.at(-1)
  if (last === undefined) {
    return { range: after === undefined ? [] : [sql`key ${beyond} ${after}`], by: [key] }
  }
  const { column, value } = last
  const before = columns.slice(0, -1).map((one) => sql`${one.column} = ${one.value}`)
  // One bound a side: of two the search may begin at the wider one.
  const [begin, end] = order === 'ascending' ? (['>=', '<='] as const) : (['<=', '>='] as const)
  const from =
    after === undefined
      ? sql`${column} ${raw(begin)} ${value}`
      : sql`(${column}, key) ${beyond} (${value}, ${after})`
  const range = [...before, from, sql`${column} ${raw(end)} ${value}`]
  return { range, by: [column, key] }
}

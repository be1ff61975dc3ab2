import { raw, type Sql, sql } from './sql.ts'

/** A field of a view's row, as JSON. */
export function viewField(field: string): Sql {
  return raw(`row -> '${field.replaceAll("'", "''")}'`)
}

/** What an index holds of a JSON value: its beginning. All of it might not fit: an entry has at most 2,700 bytes. */
export function indexed(json: Sql): Sql {
  return sql`left((${json})::text, ${raw('100')})`
}

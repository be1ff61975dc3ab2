import { conflict, offsetsLost } from './failures.ts'
import type { Tables } from './schema.ts'
import { join, raw, type Sql, sql } from './sql.ts'

/** One change of a batch. */
export interface Part {
  readonly name: string
  /** Reads `h`, so that it waits for its turn. */
  readonly change: Sql
  /** It must find as many rows as this, or the batch fails with `code`. */
  readonly expected?: { readonly rows: number; readonly code: string }
}

/** Adds rows, none of which may be there. */
export function insert(name: string, rows: readonly unknown[], added: () => Sql): readonly Part[] {
  return rows.length === 0 ? [] : [{ name, change: added() }]
}

/** Changes or deletes rows that must all be there. */
export function change(
  name: string,
  rows: readonly unknown[],
  code: string,
  found: () => Sql,
): readonly Part[] {
  if (rows.length === 0) return []
  return [{ name, change: sql`${found()} returning 1`, expected: { rows: rows.length, code } }]
}

/** What fails the statement, and so the commit behind it, unless all has been found. */
export function checksOf(tables: Tables, parts: readonly Part[]): readonly Sql[] {
  return [conflict, offsetsLost].flatMap((code) => {
    const checked = parts.filter(({ expected }) => expected?.code === code)
    if (checked.length === 0) return []
    const found = join(
      checked.map(({ name }) => sql`(select count(*) from ${raw(name)})`),
      ' + ',
    )
    const wanted = checked.reduce((sum, { expected }) => sum + expected!.rows, 0)
    return [sql`, ${tables.expect}(${found}, ${wanted}::int, ${code})`]
  })
}

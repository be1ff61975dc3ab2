import type { Leases, Part } from '@waybill/core'
import { texts } from './binary.ts'
import type { Run } from './database.ts'
import type { Tables } from './schema.ts'
import { sql, statement } from './sql.ts'

/** One statement, which the server runs to its end whatever becomes of the process that sent it. */
export async function share(
  run: Run,
  tables: Tables,
  { as, of, inHand, forMs }: Parameters<Leases['share']>[0],
): Promise<Part> {
  const [[part]] = (await run(
    statement(sql`select ${tables.share}(${as}, ${texts(of)}, ${texts(inHand)}, ${forMs}::bigint)`),
  )) as [[Part]]
  return part
}

export async function leave(run: Run, tables: Tables, as: string): Promise<void> {
  await run(statement(sql`delete from ${tables.member} where name = ${as}`))
}

import type { EventTable } from '@waybill/kafka'
import { createPostgresStore, type Database, schemaOf } from '@waybill/postgres'

/** Services may begin at any time, but seldom. */
const lookEveryMs = 10_000

/** The events of services, as far as they are in this database: each may have one of its own. */
export interface EventTables {
  /** @returns `undefined` for a service that has no schema here */
  of(system: string, service: string): EventTable | undefined
  close(): void
}

export async function eventTables(database: Database): Promise<EventTables> {
  let schemas = await schemasIn(database)
  const timer = setInterval(() => {
    schemasIn(database).then(
      (found) => (schemas = found),
      // It is away: what was there is there still.
      () => {},
    )
  }, lookEveryMs)
  timer.unref()
  return {
    of: (system, service) => {
      const schema = schemaOf(system, service)
      return schemas.has(schema) ? createPostgresStore({ database, schema, service }) : undefined
    },
    close: () => clearInterval(timer),
  }
}

async function schemasIn(database: Database): Promise<ReadonlySet<string>> {
  const rows = await database.read((run) =>
    run({ text: "select table_schema from information_schema.tables where table_name = 'event'" }),
  )
  return new Set(rows.map(([schema]) => schema as string))
}

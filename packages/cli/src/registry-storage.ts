import type { Database } from '@waybill/postgres'
import type { RegistryRecord, RegistryStorage } from '@waybill/schema'

/** Keeps the records of the embedded schema registry in the database: its ids stand in every stored payload. */
export function databaseRegistryStorage(database: Database): RegistryStorage {
  return {
    load: () =>
      database.read(async (run) => {
        const rows = await run({ text: 'select record from waybill.schema_registry order by position' })
        return rows.map(([record]) => record as RegistryRecord)
      }),
    append: (record, position) =>
      database.read(async (run) => {
        const rows = await run({
          name: 'waybill_registry_append',
          text: `insert into waybill.schema_registry values ($1, $2) on conflict do nothing returning position`,
          values: [position, JSON.stringify(record)],
        })
        return rows.length > 0
      }),
  }
}

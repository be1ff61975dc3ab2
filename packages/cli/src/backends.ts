import { WaybillError } from '@waybill/core'
import { createPostgresStore, openPglite, openPostgres, schemaOf } from '@waybill/postgres'
import type { Backends, Config } from '@waybill/runtime'
import { createAvroCodec, createEmbeddedRegistry, prepare } from '@waybill/schema'
import { databaseHeartbeats } from './heartbeat-store.ts'
import { kafkaLog } from './kafka.ts'
import { databaseRegistryStorage } from './registry-storage.ts'
import { openSharedTables } from './shared-tables.ts'

/** Opens the database that the configuration names, for everything that a host keeps. */
export async function openBackends({ store, log, dataFolder }: Config): Promise<Backends> {
  const database = store.kind === 'pglite' ? await openPglite(dataFolder) : openPostgres(store.url)
  await openSharedTables(database).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new WaybillError('STORE_UNAVAILABLE', 'The database that WAYBILL_STORE names cannot be used', {
      cause,
    })
  })
  const registry = createEmbeddedRegistry(databaseRegistryStorage(database))
  return {
    heartbeats: databaseHeartbeats(database),
    store: (system, service) => createPostgresStore({ database, schema: schemaOf(system, service), service }),
    codec: async (system) => createAvroCodec(system, await prepare(system, registry)),
    ...(log.kind === 'kafka' ? { log: kafkaLog(log.brokers) } : {}),
    ready: () =>
      database
        .read((run) => run({ text: 'select 1' }))
        .then(
          () => true,
          () => false,
        ),
    close: () => database.close(),
  }
}

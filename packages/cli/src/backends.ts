import { WaybillError } from '@waybill/core'
import { createPostgresStore, type Database, openPglite, openPostgres, schemaOf } from '@waybill/postgres'
import type { Backends, Config } from '@waybill/runtime'
import { createAvroCodec, prepare } from '@waybill/schema'
import { eventTables } from './event-tables.ts'
import { databaseHeartbeats } from './heartbeat-store.ts'
import { kafkaLog } from './kafka.ts'
import { identityOf } from './log/log-identity.ts'
import { checkLog } from './log/remembered-log.ts'
import { openRegistry } from './registry-opening.ts'
import { databaseRegistryStorage } from './registry-storage.ts'
import { checkServices } from './remembered-services.ts'
import { openSharedTables } from './shared-tables.ts'
import { type Warnings, whenAnswered } from './waiting.ts'

/**
 * Opens the database that the configuration names, for everything that a host keeps, and finds the schema registry.
 * Waits for an external one, and for Kafka when it is needed, saying so.
 * @throws STORE_UNAVAILABLE
 * @throws CONFIGURATION_INVALID when the registry is not the one with which the database was written
 */
export async function openBackends(config: Config, warnings: Warnings): Promise<Backends> {
  const { store, log } = config
  const database = await openDatabase(config)
  const { registry, ...rest } = await openRegistry(
    config.registry,
    databaseRegistryStorage(database),
    warnings,
  ).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  const tables = log.kind === 'kafka' ? await eventTables(database) : undefined
  return {
    ...rest,
    heartbeats: databaseHeartbeats(database),
    shared: store.kind !== 'pglite',
    store: (system, service) => createPostgresStore({ database, schema: schemaOf(system, service), service }),
    codec: async (system) =>
      createAvroCodec(system, await whenAnswered(() => prepare(system, registry), warnings)),
    check: async (name, system) => {
      await checkServices(database, name, system)
      const present = await whenAnswered(() => identityOf(log), warnings)
      await checkLog({ database, name, system, log: present, warnings })
    },
    ...(log.kind === 'kafka' && tables ? { log: kafkaLog(log, tables, warnings) } : {}),
    ready: () =>
      database
        .read((run) => run({ text: 'select 1' }))
        .then(
          () => true,
          () => false,
        ),
    close: () => {
      tables?.close()
      return database.close()
    },
  }
}

/**
 * Opens the database that the configuration names, with the tables that belong to no service.
 * @throws STORE_UNAVAILABLE
 */
export async function openDatabase({ store, dataFolder }: Config): Promise<Database> {
  const database = store.kind === 'pglite' ? await openPglite(dataFolder) : openPostgres(store.url)
  try {
    await openSharedTables(database).catch(unusable)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

function unusable(error: unknown): never {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  throw new WaybillError('STORE_UNAVAILABLE', 'The database that WAYBILL_STORE names cannot be used', {
    cause,
  })
}

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ServiceDef, Store } from '@waybill/core'
import { register, storeCases } from '@waybill/testing'
import type { Database } from './database.ts'
import { openPglite } from './drivers/pglite.ts'
import { openPostgres } from './drivers/pg.ts'
import { schemaOf } from './schema.ts'
import { createPostgresStore } from './store.ts'
import { type EmbeddedServer, startPostgres } from './testing/embedded-postgres.ts'

async function openStore(database: Database, system: string, service: ServiceDef): Promise<Store> {
  const { name } = service
  const store = createPostgresStore({ database, schema: schemaOf(system, name), service: name })
  await store.open(service)
  return store
}

describe('PostgreSQL', () => {
  let server: EmbeddedServer
  let operator: Database

  before(async () => {
    server = await startPostgres()
    operator = openPostgres(server.url)
  })

  after(async () => {
    await operator.close()
    await server.stop()
  })

  register(storeCases, {
    test,
    has: ['handles', 'restart', 'interrupt'],
    open: async () => {
      const system = randomUUID()
      const databases: Database[] = []
      const close = async (): Promise<void> => {
        await Promise.all(databases.splice(0).map((database) => database.close()))
      }
      return {
        open: async (service) => {
          const database = openPostgres(server.url)
          databases.push(database)
          return openStore(database, system, service)
        },
        restart: close,
        interrupt: async () => {
          const end = `select pg_terminate_backend(pid) from pg_stat_activity
            where application_name like 'waybill %' and pid <> pg_backend_pid()`
          await operator.read((run) => run({ text: end }))
        },
        close,
      }
    },
  })
})

describe('PGlite', () => {
  let folder: string
  let database: Database

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-conformance-'))
    database = await openPglite(folder)
  })

  after(async () => {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  })

  register(storeCases, {
    test,
    has: ['handles', 'restart'],
    open: async () => {
      const system = randomUUID()
      return {
        open: (service) => openStore(database, system, service),
        restart: async () => {
          await database.close()
          database = await openPglite(folder)
        },
        close: async () => {},
      }
    },
  })
})

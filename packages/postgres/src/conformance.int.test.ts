import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { messageOf, type ServiceDef, type Store } from '@waybill/core'
import {
  engineCases,
  logCases,
  realClock,
  register,
  storeBackend,
  storeCases,
  storeLogContext,
  type TestFunction,
} from '@waybill/testing'
import type { Database } from './database.ts'
import { openPglite } from './drivers/pglite.ts'
import { openPostgres } from './drivers/pg.ts'
import { schemaOf } from './schema.ts'
import { createPostgresStore } from './store.ts'
import { type PostgresServer, startPostgres } from '@waybill/servers'

/** One backend, opened once; each case gets a context with schemas of its own in it. */
interface Backend {
  open(): {
    open(service: ServiceDef): Promise<Store>
    restart(): Promise<void>
    interrupt?(): Promise<void>
    close(): Promise<void>
  }
  close(): Promise<void>
}

async function openStore(database: Database, system: string, service: ServiceDef): Promise<Store> {
  const { name } = service
  const store = createPostgresStore({ database, schema: schemaOf(system, name), service: name })
  await store.open(service)
  return store
}

async function postgres(): Promise<Backend> {
  const server: PostgresServer = await startPostgres()
  const operator = openPostgres(server.url)
  const breakAll = `select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like 'waybill %' and pid <> pg_backend_pid()`
  return {
    open: () => {
      const system = randomUUID()
      const databases = new Set<Database>()
      const end = async (database: Database): Promise<void> => {
        if (databases.delete(database)) await database.close()
      }
      const endAll = async (): Promise<void> => {
        await Promise.all([...databases].map(end))
      }
      return {
        open: async (service) => {
          const database = openPostgres(server.url)
          databases.add(database)
          return { ...(await openStore(database, system, service)), close: () => end(database) }
        },
        restart: endAll,
        interrupt: async () => void (await operator.read((run) => run({ text: breakAll }))),
        close: endAll,
      }
    },
    close: async () => {
      await operator.close()
      await server.stop()
    },
  }
}

async function pglite(): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-conformance-'))
  let database = await openPglite(folder)
  return {
    open: () => {
      const system = randomUUID()
      return {
        open: (service) => openStore(database, system, service),
        restart: async () => {
          await database.close()
          database = await openPglite(folder)
        },
        close: () => Promise.resolve(),
      }
    },
    close: async () => {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Registers all suites for one backend. Where it cannot start they are skipped, each with the reason; but not in CI. */
function conform(
  name: string,
  start: () => Promise<Backend>,
  has: readonly ('handles' | 'restart' | 'interrupt')[],
): void {
  describe(name, () => {
    let backend: Backend
    let absence: string | undefined

    before(async () => {
      try {
        backend = await start()
      } catch (error) {
        if (process.env['CI'] === 'true') throw error
        absence = `${name} is not there: ${messageOf(error)}`
      }
    })
    after(() => backend?.close())

    const testThere: TestFunction = (title, options, run) =>
      test(title, options, (context) => (absence === undefined ? run() : context.skip(absence)))

    register(storeCases, { test: testThere, has, open: () => Promise.resolve(backend.open()) })
    register(logCases, {
      test: testThere,
      open: () => storeLogContext({ ...backend.open(), clock: realClock }),
    })
    register(engineCases, {
      test: testThere,
      has: ['processes', 'overlap'],
      open: () => Promise.resolve(storeBackend({ ...backend.open(), clock: realClock })),
    })
  })
}

conform('PostgreSQL', postgres, ['handles', 'restart', 'interrupt'])
conform('PGlite', pglite, ['handles', 'restart'])

import { randomUUID } from 'node:crypto'
import { createSetup, sharedPostgres } from '@waybill/servers'
import { type Backend, conform, openStore } from './conform.test.fixture.ts'
import type { Database } from './database.ts'
import { openPostgres } from './drivers/pg.ts'

async function postgres(): Promise<Backend> {
  const setup = createSetup()
  const [{ url }] = await setup.start(sharedPostgres)
  const operator = setup.with(openPostgres(url), (database) => database.close())
  const breakAll = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'waybill %' and pid <> pg_backend_pid()`
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
          const database = openPostgres(url)
          databases.add(database)
          return { ...(await openStore(database, system, service)), close: () => end(database) }
        },
        restart: endAll,
        interrupt: async () => void (await operator.read((run) => run({ text: breakAll }))),
        close: endAll,
      }
    },
    close: setup.end,
  }
}

conform('PostgreSQL', postgres, ['handles', 'restart', 'interrupt'])

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backend, conform, openStore } from './conform.test.fixture.ts'
import { openPglite } from './drivers/pglite.ts'

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

conform('PGlite', pglite, ['handles', 'restart'])

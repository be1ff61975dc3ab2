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
import { schemaOf } from './schema.ts'
import { createPostgresStore } from './store.ts'

/** One backend, opened once; each case gets a context with schemas of its own in it. */
export interface Backend {
  open(): {
    open(service: ServiceDef): Promise<Store>
    restart(): Promise<void>
    interrupt?(): Promise<void>
    close(): Promise<void>
  }
  close(): Promise<unknown>
}

/** Opens the store of a service in a schema that no other system has. */
export async function openStore(database: Database, system: string, service: ServiceDef): Promise<Store> {
  const { name } = service
  const store = createPostgresStore({ database, schema: schemaOf(system, name), service: name })
  await store.open(service)
  return store
}

/** Registers all suites for one backend. Where it cannot start they are skipped, each with the reason; but not in CI. */
export function conform(
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

    // One after the other: a restart or an interruption is one of all that is open.
    register(storeCases, { test: testThere, has, open: () => Promise.resolve(backend.open()) })
    register(logCases, {
      test: testThere,
      open: () => storeLogContext({ ...backend.open(), clock: realClock }),
    })
    // Most of their time these wait.
    describe('engines', { concurrency: 4 }, () => {
      register(engineCases, {
        test: testThere,
        has: ['processes', 'overlap'],
        open: () => Promise.resolve(storeBackend({ ...backend.open(), clock: realClock })),
      })
    })
  })
}

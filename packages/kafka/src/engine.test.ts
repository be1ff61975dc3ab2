import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { emittedBy, type ServiceDef, type Store, topicsOf } from '@waybill/core'
import { createPostgresStore, type Database, openPostgres, schemaOf } from '@waybill/postgres'
import { createSetup, sharedKafka, sharedPostgres, skipWithoutKafka } from '@waybill/servers'
import { type Closing, engineCases, type EngineContext, realClock, register } from '@waybill/testing'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { storedPosition } from './stored-position.ts'

async function openStore(database: Database, prefix: string, service: ServiceDef): Promise<Store> {
  const { name } = service
  const store = createPostgresStore({ database, schema: schemaOf(prefix, name), service: name })
  await store.open(service)
  return store
}

/** Engines with stores in PostgreSQL and Kafka between them. */
function engineContext(broker: string, url: string): EngineContext & Closing {
  const prefix = randomUUID()
  const processes: Closing[] = []
  return {
    clock: realClock,
    connect: async (system) => {
      const database = openPostgres(url)
      const log: KafkaLog = createKafkaLog({
        brokers: [broker],
        clientId: 'engine',
        system: system.name,
      })
      let closing: Promise<void> | undefined
      const close = (): Promise<void> => (closing ??= log.close().then(database.close))
      processes.push({ close })

      await log.ensureTopics(topicsOf(system))
      const stores = await Promise.all(system.services.map((service) => openStore(database, prefix, service)))
      for (const [n, service] of system.services.entries()) {
        const store = stores[n]!
        const topics = [...new Set([...emittedBy(service)].flatMap(({ topic }) => topic ?? []))]
        log.relay({ service: service.name, topics, store, position: storedPosition(store) })
      }
      return { stores: new Map(stores.map((store) => [store.service, store])), log, close }
    },
    close: async () => {
      await Promise.all(processes.map(({ close }) => close()))
    },
  }
}

describe('Engines on Kafka and PostgreSQL', { skip: await skipWithoutKafka(), concurrency: 3 }, () => {
  const setup = createSetup()
  let broker: string
  let url: string

  before(async () => {
    ;[{ address: broker }, { url }] = await setup.start(sharedKafka, sharedPostgres)
  })

  after(setup.end)

  register(engineCases, {
    test,
    open: () => Promise.resolve(engineContext(broker, url)),
    has: ['processes'],
  })
})

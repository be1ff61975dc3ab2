import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { emittedBy, type ServiceDef, type Store, topicsOf } from '@waybill/core'
import { createPostgresStore, type Database, openPostgres, schemaOf } from '@waybill/postgres'
import {
  type KafkaServer,
  type PostgresServer,
  skipWithoutKafka,
  startKafka,
  startPostgres,
} from '@waybill/servers'
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
function engineContext(kafka: KafkaServer, postgres: PostgresServer): EngineContext & Closing {
  const prefix = randomUUID()
  const processes: Closing[] = []
  return {
    clock: realClock,
    connect: async (system) => {
      const database = openPostgres(postgres.url)
      const log: KafkaLog = createKafkaLog({
        brokers: [kafka.address],
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
  let kafka: KafkaServer
  let postgres: PostgresServer

  before(async () => {
    ;[kafka, postgres] = await Promise.all([startKafka(), startPostgres()])
  })

  after(() => Promise.all([kafka.stop(), postgres.stop()]))

  register(engineCases, {
    test,
    open: () => Promise.resolve(engineContext(kafka, postgres)),
    has: ['processes'],
  })
})

import { after, before, describe, test } from 'node:test'
import { emittedBy, memoryData, type MemoryData, memoryStore, topicsOf } from '@waybill/core'
import { type Closing, engineCases, type EngineContext, realClock, register } from '@waybill/testing'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { storedPosition } from './stored-position.ts'
import { type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'

/** Engines with stores in memory and Kafka between them. */
function engineContext(address: string): EngineContext & Closing {
  const dataOf = new Map<string, MemoryData>()
  const logs: KafkaLog[] = []
  return {
    clock: realClock,
    connect: async (system) => {
      const log = createKafkaLog({ brokers: [address], clientId: 'engine', system: system.name })
      logs.push(log)
      await log.ensureTopics(topicsOf(system))
      const stores = system.services.map((service) => {
        const data = dataOf.get(service.name) ?? memoryData()
        dataOf.set(service.name, data)
        return memoryStore(service.name, data)
      })
      for (const [n, service] of system.services.entries()) {
        const store = stores[n]!
        await store.open(service)
        const topics = [...new Set([...emittedBy(service)].flatMap(({ topic }) => topic ?? []))]
        log.relay({ service: service.name, topics, store, position: storedPosition(store) })
      }
      return {
        stores: new Map(stores.map((store) => [store.service, store])),
        log,
        close: () => log.close(),
      }
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.close()))
    },
  }
}

describe('Engines on Kafka', { skip: await skipWithoutKafka() }, () => {
  let server: KafkaServer

  before(async () => {
    server = await startKafka()
  })

  after(() => server.stop())

  register(engineCases, {
    test,
    open: () => Promise.resolve(engineContext(server.address)),
    has: ['processes'],
    timeoutMs: 60_000,
  })
})

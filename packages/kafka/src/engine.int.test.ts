import { after, before, describe, test } from 'node:test'
import { emittedBy, memoryData, memoryStore, type MemoryData, type ServiceDef, topicsOf } from '@waybill/core'
import { type Closing, engineCases, type EngineContext, realClock, register } from '@waybill/testing'
import { createKafkaLog } from './kafka-log.ts'
import { type LeasedPosition, leasedPosition } from './leased-position.test.fixture.ts'
import { type KafkaServer, skipWithoutKafka, startKafka } from './testing/index.ts'

/** Engines with stores in memory and Kafka between them. */
function engineContext(address: string): EngineContext & Closing {
  const data = new Map<string, MemoryData>()
  const positions = new Map<string, LeasedPosition>()

  /** The same for all processes of the context. */
  function shared<T>(all: Map<string, T>, { name }: ServiceDef, make: () => T): T {
    const one = all.get(name) ?? make()
    all.set(name, one)
    return one
  }

  return {
    clock: realClock,
    connect: async (system) => {
      const log = createKafkaLog({ brokers: [address], clientId: 'engine', system: system.name })
      await log.ensureTopics(topicsOf(system))
      const services = system.services.map((service) => {
        const store = memoryStore(service.name, shared(data, service, memoryData))
        const relay = log.relay({
          service: service.name,
          topics: [...new Set([...emittedBy(service)].flatMap(({ topic }) => topic ?? []))],
          store,
          position: shared(positions, service, leasedPosition).handle(),
        })
        return { service, store, relay }
      })
      for (const { service, store } of services) await store.open(service)
      return {
        stores: new Map(services.map(({ service, store }) => [service.name, store])),
        log,
        close: async () => {
          await Promise.all(services.map(({ relay }) => relay.stop()))
          await log.close()
        },
      }
    },
    close: async () => {},
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
    open: async () => engineContext(server.address),
    has: ['processes'],
    timeoutMs: 60_000,
  })
})

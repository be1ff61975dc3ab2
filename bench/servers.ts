import { setTimeout as pause } from 'node:timers/promises'
import { topicsOf } from '@waybill/core'
import { countRecords } from '@waybill/kafka/testing'
import { type KafkaServer, type PostgresServer, startKafka, startPostgres } from '@waybill/servers'
import { shop } from '@waybill/shop'
import { publishedOfAnOrder } from './books.ts'
import type { StoreKind } from './cases.ts'
import { watchCpu } from './cpu.ts'
import { measureKafka } from './kafka-baseline.ts'
import { measurePostgres } from './postgres-baseline.ts'

/** What the servers of a case can do at most. */
export interface Baseline {
  /** Events a second. */
  readonly perSecond: number
  /** Of Kafka, in records a second. */
  readonly produce?: number
  readonly fetch?: number
}

/** What the servers did in a while. */
export interface ServersUse {
  /** CPU seconds by server. */
  readonly cpu: Readonly<Record<string, number>>
  /** Records that the shop's topics took in; `undefined` without topics. */
  readonly published: number | undefined
}

/** The servers of one case. */
export interface Servers {
  /** Where they are, for a process of Waybill. */
  readonly env: Readonly<Record<string, string>>
  readonly postgres: PostgresServer
  readonly kafka: KafkaServer | undefined
  /** Takes some seconds. */
  baseline(): Promise<Baseline>
  /**
   * Begins to measure what they do.
   * @returns ends it, once everything of so many orders is published
   */
  watch(): Promise<(orders: number) => Promise<ServersUse>>
  stop(): Promise<void>
}

const patienceMs = 10_000

export async function startServers(store: StoreKind): Promise<Servers> {
  const postgres = await startPostgres()
  const kafka = store === 'postgres+kafka' ? await startKafka() : undefined
  const topics = topicsOf(shop({ payments: {} as never, directory: {} as never }))

  async function published(): Promise<number | undefined> {
    if (kafka === undefined) return undefined
    return countRecords({ brokers: [kafka.address], clientId: 'bench' }, topics)
  }

  async function publishedSince(before: number | undefined, orders: number): Promise<number | undefined> {
    for (const until = performance.now() + patienceMs; ; await pause(100)) {
      const now = await published()
      if (now === undefined || before === undefined) return undefined
      if (now - before >= orders * publishedOfAnOrder) return now - before
      if (performance.now() > until) {
        throw new Error(`${orders} orders have left only ${now - before} records in the topics`)
      }
    }
  }

  /** PGlite is no server. */
  function pids(): Record<string, number> {
    if (store === 'pglite') return {}
    return { postgres: postgres.pid!, ...(kafka === undefined ? {} : { kafka: kafka.pid! }) }
  }

  return {
    postgres,
    kafka,
    env: {
      ...(store === 'pglite' ? {} : { WAYBILL_STORE: postgres.url }),
      ...(kafka === undefined ? {} : { WAYBILL_LOG: `kafka://${kafka.address}` }),
    },
    baseline: async () => {
      if (kafka === undefined) return { perSecond: await measurePostgres(postgres.url) }
      const { together, ...parts } = await measureKafka(kafka.address)
      return { perSecond: together, ...parts }
    },
    watch: async () => {
      const before = await published()
      const watched = watchCpu(pids())
      return async (orders) => {
        const cpu = watched()
        return { cpu, published: await publishedSince(before, orders) }
      }
    },
    stop: async () => {
      await kafka?.stop()
      await postgres.stop()
    },
  }
}

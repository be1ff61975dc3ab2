import {
  emittedBy,
  type ServiceDef,
  type SystemDef,
  type TopicDef,
  topicsOf,
  WaybillError,
} from '@waybill/core'
import { createKafkaLog, type KafkaLog, storedPosition } from '@waybill/kafka'
import type { Backends } from '@waybill/runtime'
import type { EventTables } from './event-tables.ts'
import { connectionTo, type KafkaAddress } from './kafka-connection.ts'
import { asLogError } from './log/log-error.ts'
import { type Warnings, whenAnswered } from './waiting.ts'

/**
 * While the process has no CPU to spare, events wait so long for company before they are published. Before that there is
 * little to save: what is committed while a request is under way goes together into the next.
 */
const lingerMs = 25

/**
 * The log on Apache Kafka: checks the topics or makes them, and publishes what the services of this process commit.
 * Waits for brokers that do not answer, saying so.
 * @param tables what a topic has lost is read from those that publish to it, whichever process they run in
 * @throws CONFIGURATION_INVALID naming every topic that is there with other settings; nothing is changed then
 */
export function kafkaLog(
  address: KafkaAddress,
  tables: Pick<EventTables, 'of'>,
  warnings: Warnings,
): NonNullable<Backends['log']> {
  return async ({ system, services, stores, busy, telemetry }) => {
    const log = createKafkaLog({
      ...connectionTo(address),
      clientId: `waybill-${system.name}-${process.pid}`,
      system: system.name,
      retried: ({ cause, ...report }) => telemetry.retried({ ...report, cause: asLogError(cause, address) }),
      halted: telemetry.halted,
      lingerMs: () => (busy() < 1 ? 0 : lingerMs),
      tables: (topic) => {
        const publishers = system.services.filter((service) => publishes(service, topic))
        const found = publishers.flatMap(({ name }) => tables.of(system.name, name) ?? [])
        // Those of some would not do: what the others have published would be lost without a word.
        return found.length === publishers.length ? found : []
      },
    })
    await whenAnswered(() => makeTopics(log, address, system), warnings)
    const relays = services.flatMap((service) => {
      const topics = topicsIn([...emittedBy(service)].flatMap(({ topic }) => topic ?? []))
      const store = stores.get(service.name)!
      if (topics.length === 0) return []
      return [log.relay({ service: service.name, topics, store, position: storedPosition(store) })]
    })
    return {
      log,
      close: async () => {
        await Promise.all(relays.map((relay) => relay.stop()))
        await log.close()
      },
    }
  }
}

/**
 * Makes the topics of a system, or checks those that are there.
 * @throws LOG_UNAVAILABLE
 * @throws CONFIGURATION_INVALID naming every one with other settings, or when Kafka refuses who asks
 */
export async function makeTopics(
  log: Pick<KafkaLog, 'ensureTopics'>,
  address: KafkaAddress,
  system: SystemDef,
): Promise<void> {
  const differences = await log.ensureTopics(topicsOf(system)).catch((error: unknown) => {
    throw asLogError(error, address)
  })
  if (differences.length === 0) return
  throw new WaybillError(
    'CONFIGURATION_INVALID',
    [
      'These topics are there with other settings; change them by hand, or the system:',
      ...differences.map((difference) => JSON.stringify(difference)),
    ].join('\n  - '),
  )
}

function publishes(service: ServiceDef, topic: string): boolean {
  return [...emittedBy(service)].some((event) => event.topic?.name === topic)
}

function topicsIn(topics: readonly TopicDef[]): readonly TopicDef[] {
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()]
}

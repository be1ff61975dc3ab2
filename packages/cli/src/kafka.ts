import { emittedBy, type SystemDef, type TopicDef, topicsOf, WaybillError } from '@waybill/core'
import { createKafkaLog, type KafkaLog, storedPosition } from '@waybill/kafka'
import type { Backends } from '@waybill/runtime'

/**
 * The log on Apache Kafka: checks the topics or makes them, and publishes what the services of this process commit.
 * @throws CONFIGURATION_INVALID naming every topic that is there with other settings; nothing is changed then
 */
export function kafkaLog(brokers: readonly string[]): NonNullable<Backends['log']> {
  return async ({ system, services, stores, telemetry }) => {
    const log = createKafkaLog({
      brokers,
      clientId: `waybill-${system.name}-${process.pid}`,
      system: system.name,
      retried: telemetry.retried,
    })
    await makeTopics(log, system)
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
 * @throws CONFIGURATION_INVALID naming every one with other settings
 */
export async function makeTopics(log: Pick<KafkaLog, 'ensureTopics'>, system: SystemDef): Promise<void> {
  const differences = await log.ensureTopics(topicsOf(system))
  if (differences.length === 0) return
  throw new WaybillError(
    'CONFIGURATION_INVALID',
    [
      'These topics are there with other settings; change them by hand, or the system:',
      ...differences.map((difference) => JSON.stringify(difference)),
    ].join('\n  - '),
  )
}

function topicsIn(topics: readonly TopicDef[]): readonly TopicDef[] {
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()]
}

import { randomUUID } from 'node:crypto'
import { Admin } from '@platformatic/kafka'
import type { Log, Store, TopicDef } from '@waybill/core'
import { ensureTopics, type TopicDifference } from './ensure-topics.ts'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'
import { openProducer } from './open-producer.ts'
import { createRelay, type Relay, type RelayPosition } from './relay.ts'
import { type KafkaSubscription, subscribe } from './subscription.ts'
import type { Trouble } from './trouble.ts'
import { type ContentType, recordWriter } from './write-record.ts'

export interface KafkaLogOptions extends KafkaConnection {
  /** The system's name. A service's group is `<system>.<service>`, the source of its events `/waybill/<system>/<service>`. */
  readonly system: string
  /**
   * A name for this process that no other has at the same time. One that it has again after a crash gets its partitions
   * back at once; otherwise they wait 6 seconds for another owner. Default: a new one.
   */
  readonly instance?: string
  /** How the payloads are written. Default: `application/avro`. */
  readonly contentType?: ContentType
  /** Told whenever something fails and is tried again after so many milliseconds: all that it does is. */
  readonly retried?: (report: {
    readonly service: string
    readonly cause: unknown
    readonly delayMs: number
  }) => void
}

/** Apache Kafka as the log of a system. */
export interface KafkaLog extends Log {
  subscribe(options: Parameters<Log['subscribe']>[0]): Promise<KafkaSubscription>
  /**
   * Publishes a service's events from now on; `committed` wakes it.
   * @param options.topics all that the service publishes to
   */
  relay(options: {
    service: string
    topics: readonly TopicDef[]
    store: Pick<Store, 'published'>
    position: RelayPosition
  }): Relay
  /** See `ensureTopics`. */
  ensureTopics(topics: readonly TopicDef[]): Promise<readonly TopicDifference[]>
  /** Whether a broker answers, within a few seconds. */
  ready(): Promise<boolean>
  /** Closes all that was opened with it, and itself. */
  close(): Promise<void>
}

/**
 * Opens a log on Apache Kafka. It connects when it is used, and waits for brokers that are away as long as it takes.
 *
 * A source is a topic. Events can come twice: the relay publishes some again after a crash.
 */
export function createKafkaLog(options: KafkaLogOptions): KafkaLog {
  const { system, instance = randomUUID(), contentType = 'application/avro', retried } = options
  const admin = new Admin({ ...clientOptions(options), retryDelay: 200 })
  admin.on('error', () => {})
  const subscriptions: KafkaSubscription[] = []
  const relays = new Map<string, Relay>()

  return {
    repeats: true,
    subscribe: async ({ group, topics, from }) => {
      const subscription = subscribe({
        connection: options,
        group: `${system}.${group}`,
        instance,
        topics: topics.map(({ name }) => name),
        from,
        trouble: (cause, delayMs) => retried?.({ service: group, cause, delayMs }),
      })
      subscriptions.push(subscription)
      return subscription
    },
    committed: (service) => relays.get(service)?.wake(),
    relay: ({ service, topics, store, position }) => {
      const trouble: Trouble = (cause, delayMs) => retried?.({ service, cause, delayMs })
      const relay = createRelay({
        store,
        position,
        openProducer: () => openProducer(options, trouble),
        topics: topics.map(({ name }) => name),
        toRecord: recordWriter({ source: `/waybill/${system}/${service}`, contentType }),
        trouble,
      })
      relays.set(service, relay)
      return relay
    },
    ensureTopics: (topics) => ensureTopics(admin, topics),
    ready: () =>
      admin.metadata({ topics: [], forceUpdate: true, retries: 0 }).then(
        () => true,
        () => false,
      ),
    close: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
      await Promise.all([...relays.values()].map((relay) => relay.stop()))
      await admin.close()
    },
  }
}

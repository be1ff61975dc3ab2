import { randomUUID } from 'node:crypto'
import { Admin } from '@platformatic/kafka'
import type { Log, Store, TopicDef } from '@waybill/core'
import { ensureTopics, type TopicDifference } from './ensure-topics.ts'
import { sourceOf } from './event-source.ts'
import { joinGroup } from './group-member.ts'
import { kafkaBrokers } from './kafka-brokers.ts'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'
import { openProducer } from './open-producer.ts'
import type { Halted } from './recovery.ts'
import type { EventTable } from './refill.ts'
import { createRelay, type Relay, type RelayPosition } from './relay.ts'
import { relaySource } from './stored-position.ts'
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
  /**
   * The tables of all services that publish to a topic, if their database is at hand: what the topic has lost is read
   * from them. Default: none are.
   */
  readonly tables?: (topic: string) => readonly EventTable[]
  /**
   * Told when nothing more is read of a partition until somebody has decided, and with a `cause` of undefined when it goes
   * on. Where nothing more of a service is published, the source is `relay`.
   */
  readonly halted?: (report: Omit<HaltedOf, 'cause'> & { readonly cause: Error | undefined }) => void
  /** After a request events of a service wait so long for company; asked each time. Default: 25. */
  readonly lingerMs?: (() => number) | undefined
}

/** What is halted, and in whose name. */
export interface HaltedOf extends Halted {
  readonly service: string
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
    store: Pick<Store, 'published' | 'recent'>
    position: RelayPosition
  }): Relay
  /** See `ensureTopics`. */
  ensureTopics(topics: readonly TopicDef[]): Promise<readonly TopicDifference[]>
  /** Whether a broker answers, within a few seconds. */
  ready(): Promise<boolean>
  /** All of which nothing more is read or published here until somebody has decided: for readiness, and to be shown. */
  halted(): readonly HaltedOf[]
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
  const { tables = () => [], halted } = options
  const admin = new Admin({ ...clientOptions(options), retryDelay: 200 })
  admin.on('error', () => {})
  const subscriptions: { readonly service: string; readonly subscription: KafkaSubscription }[] = []
  const relays = new Map<string, Relay>()
  /** Services of which nothing more is published. */
  const stuck = new Map<string, HaltedOf>()

  function relayHalted(service: string, cause: Error | undefined): void {
    if (cause === undefined) stuck.delete(service)
    else stuck.set(service, { service, ...relaySource, cause })
    halted?.({ service, ...relaySource, cause })
  }

  return {
    repeats: true,
    subscribe: async ({ group, topics, from }) => {
      const trouble: Trouble = (cause, delayMs) => retried?.({ service: group, cause, delayMs })
      const of = {
        connection: options,
        group: `${system}.${group}`,
        instance,
        topics: topics.map(({ name }) => name),
        trouble,
      }
      const subscription = subscribe({
        system,
        brokers: kafkaBrokers(options, of.group),
        join: (told) => joinGroup({ ...of, ...told }),
        from,
        tables,
        halted: (report) => halted?.({ service: group, ...report }),
        trouble,
      })
      subscriptions.push({ service: group, subscription })
      return subscription
    },
    committed: (service) => relays.get(service)?.wake(),
    relay: ({ service, topics, store, position }) => {
      const trouble: Trouble = (cause, delayMs) => retried?.({ service, cause, delayMs })
      const relay = createRelay({
        store,
        position,
        openProducer: () => openProducer(options, trouble),
        halted: (cause) => relayHalted(service, cause),
        lingerMs: options.lingerMs,
        topics: topics.map(({ name }) => name),
        toRecord: recordWriter({ source: sourceOf(system, service), contentType }),
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
    halted: () => [
      ...stuck.values(),
      ...subscriptions.flatMap(({ service, subscription }) =>
        subscription.halted().map((one) => ({ service, ...one })),
      ),
    ],
    close: async () => {
      await Promise.all(subscriptions.map(({ subscription }) => subscription.close()))
      await Promise.all([...relays.values()].map((relay) => relay.stop()))
      await admin.close()
    },
  }
}

import { memoryStore, type NewEvent, type Store, topic, type TopicDef } from '@waybill/core'
import { commit } from './commit.test.fixture.ts'
import type { KafkaLog } from './kafka-log.ts'
import { memoryPosition } from './memory-position.test.fixture.ts'
import type { Relay } from './relay.ts'

/** A service with one topic and its store in memory. */
export interface Publisher {
  readonly topic: TopicDef
  readonly store: Store
  readonly relay: Relay
  /** Commits events to the topic as one batch, and tells the log. */
  publish(events: readonly NewEvent[]): Promise<void>
}

export async function startPublisher(log: KafkaLog, name: string): Promise<Publisher> {
  const own = topic(name, { partitions: 4 })
  await log.ensureTopics([own])
  const store = memoryStore(name)
  return {
    topic: own,
    store,
    relay: log.relay({ service: name, topics: [own], store, position: memoryPosition() }),
    publish: async (events) => {
      await commit(
        store,
        events.map((event) => ({ ...event, topic: name })),
      )
      log.committed(name, new Set([name]))
    },
  }
}

import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Message, TopicDef } from '@waybill/core'
import type { KafkaLog } from './kafka-log.ts'
import type { KafkaSubscription } from './subscription.ts'

/** The positions of a group, by source and partition, as its members' store would keep them. */
export type Saved = Map<string, number>

/** A member of a group that reads all the time, and saves its positions with what it has read. */
export interface Reader {
  readonly subscription: KafkaSubscription
  /** In the order of receipt; nothing twice. */
  readonly messages: readonly Message[]
  /** How many have come once more. */
  readonly repetitions: () => number
  /** The texts of one key, in the order in which they came first. */
  textsOf(key: string): readonly string[]
  /** Waits until so many different events have come. */
  have(count: number): Promise<void>
  close(): Promise<void>
}

const patienceMs = 60_000

export async function startReader(
  log: KafkaLog,
  options: { group: string; topics: readonly TopicDef[]; saved?: Saved },
): Promise<Reader> {
  const { group, topics, saved = new Map() } = options
  const subscription = await log.subscribe({
    group,
    topics,
    from: async (source, partition) => saved.get(`${source}/${partition}`) ?? 0,
  })
  const byId = new Map<string, Message>()
  let repetitions = 0
  let isClosed = false

  async function read(): Promise<void> {
    while (!isClosed) {
      const { messages, next } = await subscription.poll(500)
      for (const message of messages) {
        if (byId.has(message.event.id)) repetitions += 1
        else byId.set(message.event.id, message)
      }
      for (const { source, partition, next: position } of next) saved.set(`${source}/${partition}`, position)
      subscription.saved(next)
    }
  }

  const reading = read()
  return {
    subscription,
    get messages() {
      return [...byId.values()]
    },
    repetitions: () => repetitions,
    textsOf: (key) =>
      [...byId.values()]
        .filter(({ event }) => event.key === key)
        .map(({ event }) => Buffer.from(event.payload).toString()),
    have: async (count) => {
      for (const until = performance.now() + patienceMs; byId.size < count; await pause(10)) {
        assert.ok(performance.now() < until, `only ${byId.size} of ${count} events came`)
      }
      assert.equal(byId.size, count)
    },
    close: async () => {
      isClosed = true
      await subscription.close()
      await reading
    },
  }
}

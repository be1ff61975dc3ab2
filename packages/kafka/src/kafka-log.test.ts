import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { memoryStore, topic, type TopicDef } from '@waybill/core'
import {
  type Closing,
  closingLog,
  logCases,
  type LogContext,
  type Producer,
  register,
} from '@waybill/testing'
import { commit } from './commit.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { memoryPosition } from './memory-position.test.fixture.ts'
import type { Relay } from './relay.ts'
import { createSetup, sharedKafka, skipWithoutKafka } from '@waybill/servers'

let contexts = 0

/** Two services with stores in memory that publish to a Kafka, and as many logs as are asked for. */
async function kafkaContext(address: string): Promise<LogContext & Closing> {
  contexts += 1
  const system = `conformance-${contexts}`
  const logs: KafkaLog[] = []
  const relays: Relay[] = []
  const subscribers: Closing[] = []

  function openLog(): KafkaLog {
    const log = createKafkaLog({ brokers: [address], clientId: 'conformance', system })
    logs.push(log)
    return log
  }

  // Brokers take their time to make a partition.
  const few = (name: string): TopicDef => topic(name, { partitions: 3 })
  const publishing = openLog()
  async function producer(name: string): Promise<Producer> {
    const topics = [few(`${system}-${name}-a`), few(`${system}-${name}-b`)] as const
    await publishing.ensureTopics(topics)
    const store = memoryStore(name)
    relays.push(publishing.relay({ service: name, topics, store, position: memoryPosition() }))
    return {
      service: name,
      topics,
      publish: async (events) => {
        await commit(store, events)
        publishing.committed(name, new Set(events.flatMap((event) => event.topic ?? [])))
      },
    }
  }

  return {
    producers: [await producer('one'), await producer('two')],
    connect: async () => {
      const log = closingLog(openLog())
      subscribers.push(log)
      return log
    },
    close: async () => {
      await Promise.all([...subscribers.map((log) => log.close()), ...relays.map((relay) => relay.stop())])
      await Promise.all(logs.map((log) => log.close()))
    },
  }
}

describe('Apache Kafka as the log', { skip: await skipWithoutKafka() }, () => {
  const setup = createSetup()
  let broker: string

  before(async () => {
    ;[{ address: broker }] = await setup.start(sharedKafka)
  })

  after(setup.end)

  register(logCases, { test, open: () => kafkaContext(broker) })

  describe('its topics', { timeout: 60_000 }, () => {
    let log: KafkaLog

    before(() => {
      log = createKafkaLog({ brokers: [broker], clientId: 'test', system: 'shop' })
    })

    after(() => log.close())

    test('are created as they are declared, by whoever is first', async () => {
      const topics = [topic('orders'), topic('mails', { partitions: 3, retentionDays: 2 })]
      const all = await Promise.all([log.ensureTopics(topics), log.ensureTopics(topics)])
      assert.deepEqual(all, [[], []])
      assert.deepEqual(await log.ensureTopics(topics), [])
    })

    test('are left as they are when they are declared otherwise, and every difference is told', async () => {
      await log.ensureTopics([topic('events', { partitions: 4, retentionDays: 30 })])
      const differences = [
        { topic: 'events', setting: 'partitions', declared: '8', found: '4' },
        { topic: 'events', setting: 'retention.ms', declared: '604800000', found: '2592000000' },
      ]
      const declared = [topic('events', { partitions: 8, retentionDays: 7 })]
      assert.deepEqual(await log.ensureTopics(declared), differences)
      assert.deepEqual(await log.ensureTopics(declared), differences)
    })
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
} from '@platformatic/kafka'
import { memoryStore, sizes, topic } from '@waybill/core'
import { anEvent } from './an-event.test.fixture.ts'
import { commit } from './commit.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { memoryPosition } from './memory-position.test.fixture.ts'
import { partitionOf } from './partition-of.ts'
import type { Relay } from './relay.ts'
import { createSetup, type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'

describe('A relay to Kafka', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  const setup = createSetup()
  let server: KafkaServer
  let log: KafkaLog
  let retries: unknown[]
  let halts: unknown[]
  const relays: Relay[] = []

  const orders = topic('orders', { partitions: 8 })
  let store = memoryStore('orders')
  let position = memoryPosition()

  function startRelay(options: Partial<Parameters<KafkaLog['relay']>[0]> = {}): Relay {
    const relay = log.relay({ service: 'orders', topics: [orders], store, position, ...options })
    relays.push(relay)
    return relay
  }

  before(async () => {
    ;[server] = await setup.start(startKafka)
  })

  after(setup.end)

  beforeEach(async () => {
    retries = []
    halts = []
    log = createKafkaLog({
      brokers: [server.address],
      clientId: 'test',
      system: 'shop',
      retried: ({ cause }) => retries.push(cause),
      halted: ({ cause }) => halts.push(cause),
    })
    await log.ensureTopics([orders])
    store = memoryStore('orders')
    position = memoryPosition()
  })

  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()))
    await log.close()
  })

  /** Reads the topic until so many events of these have come. */
  async function published(events: readonly { readonly id: string }[]) {
    const wanted = new Set(events.map(({ id }) => id))
    const subscription = await log.subscribe({
      group: `g${Math.random()}`,
      topics: [orders],
      from: async () => undefined,
    })
    const found = []
    for (const seen = new Set(); seen.size < wanted.size;) {
      const { messages } = await subscription.poll(1_000)
      for (const message of messages.filter(({ event }) => wanted.has(event.id))) {
        found.push(message)
        seen.add(message.event.id)
      }
    }
    await subscription.close()
    return found
  }

  it('publishes each key to the partition where Java clients would look for it', async () => {
    startRelay()
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`)
    const events = keys.map((key) => anEvent({ topic: 'orders', key }))
    await commit(store, events)
    log.committed('orders', new Set(['orders']))
    for (const { partition, event } of await published(events)) {
      assert.equal(partition, partitionOf(Buffer.from(event.key), 8))
    }
  })

  it('publishes what is committed while the broker is away, once it is back, in order', async () => {
    startRelay()
    const events = Array.from({ length: 300 }, (_, n) =>
      anEvent({ topic: 'orders', key: `${n % 3}`, text: `${n}` }),
    )
    await commit(store, events.slice(0, 100))
    log.committed('orders', new Set(['orders']))
    await pause(500)
    await server.kill()
    await commit(store, events.slice(100, 200))
    log.committed('orders', new Set(['orders']))
    await pause(1_000)
    await server.start()
    await commit(store, events.slice(200))
    const found = await published(events)
    for (const key of ['0', '1', '2']) {
      const texts = found
        .filter(({ event }) => event.key === key)
        .map(({ event }) => Number(Buffer.from(event.payload)))
      const firsts = [...new Set(texts)]
      assert.deepEqual(
        firsts,
        firsts.toSorted((a, b) => a - b),
      )
    }
    assert.ok(retries.length > 0, 'it says that it tries again')
  })

  it('publishes again, in the same order, what a crash kept it from saving', async () => {
    const events = Array.from({ length: 10 }, (_, n) => anEvent({ topic: 'orders', text: `${n}` }))
    await commit(store, events)
    await startRelay().stop()
    assert.equal(position.saved, 10)
    position.saved = 6
    await startRelay().stop()
    const texts = (await published(events)).map(({ event }) => Buffer.from(event.payload).toString())
    assert.deepEqual(texts.join(''), '01234567896789')
  })

  it('publishes more bytes at once than a broker takes in one request', async () => {
    const events = Array.from({ length: 40 }, (_, n) =>
      anEvent({ topic: 'orders', text: `${n}`, payload: crypto.getRandomValues(new Uint8Array(60_000)) }),
    )
    await commit(store, events)
    startRelay()
    assert.deepEqual(
      (await published(events)).map(({ event }) => event.id),
      events.map(({ id }) => id),
    )
    assert.deepEqual(retries, [])
  })

  it('publishes the largest payload that there may be, with all that stands beside it', async () => {
    const long = 'k'.repeat(sizes.keyBytesMax)
    const events = [1, 2, 3].map(() =>
      anEvent({
        topic: 'orders',
        key: long,
        subject: `order/${long}`,
        payload: randomBytes(sizes.payloadBytesMax),
      }),
    )
    await commit(store, events)
    startRelay()
    const found = await published(events)
    assert.deepEqual(
      found.map(({ event }) => event.id),
      events.map(({ id }) => id),
    )
    assert.deepEqual(Buffer.from(found[2]!.event.payload), events[2]!.payload)
    assert.deepEqual(retries, [])
  })

  it('names an event that is too large for a broker, waits, and publishes nothing of it twice', async () => {
    const large = anEvent({ topic: 'orders', type: 'Grown', key: 'b', payload: randomBytes(1_200_000) })
    const before = Array.from({ length: 5 }, (_, n) => anEvent({ topic: 'orders', key: `before ${n}` }))
    const behind = anEvent({ topic: 'orders', key: 'a' })
    await commit(store, [...before, large, behind])
    startRelay()
    for (const until = performance.now() + 10_000; performance.now() < until && retries.length < 2;)
      await pause(50)
    assert.match(
      String(retries[0]),
      new RegExp(`Event ${large.id} \\(Grown\\) is a record of 1200\\d\\d\\d bytes`),
    )
    assert.equal(position.saved, 5)
    assert.deepEqual(halts, [retries[0]])
    assert.deepEqual(
      log.halted().map(({ service, source }) => ({ service, source })),
      [{ service: 'orders', source: 'relay' }],
    )
    const resources = [
      {
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName: 'orders',
        configs: [
          {
            name: 'max.message.bytes',
            configOperation: IncrementalAlterConfigOperationTypes.SET,
            value: '2000000',
          },
        ],
      },
    ]
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [server.address] })
    await admin.incrementalAlterConfigs({ resources })
    await admin.close()
    const found = await published([...before, large, behind])
    assert.equal(found.length, 7)
    assert.deepEqual(halts.slice(1), [undefined])
    assert.deepEqual(log.halted(), [])
    assert.deepEqual(await log.ensureTopics([orders]), [], 'a topic may take more than it should')
  })

  it('publishes an old event as a new record, which brokers keep for as long as any', async () => {
    const startedAt = Date.now()
    const event = anEvent({ topic: 'orders', at: Date.UTC(1999, 0, 1) })
    await commit(store, [event])
    startRelay()
    const [found] = await published([event])
    assert.equal(found!.event.at, event.at)
    const consumer = new Consumer({ clientId: 'test', bootstrapBrokers: [server.address], groupId: 'looks' })
    const latest = await consumer.listOffsetsWithTimestamps({
      topics: ['orders'],
      partitions: { orders: [found!.partition] },
      timestamp: ListOffsetTimestamps.MAX,
    })
    await consumer.close()
    const { offset, timestamp } = latest.get('orders')!.get(found!.partition)!
    assert.equal(Number(offset), found!.position)
    assert.ok(Number(timestamp) >= startedAt)
  })

  it('publishes all that is known of an event', async () => {
    startRelay()
    const event = anEvent({
      topic: 'orders',
      type: 'OrderCreated',
      key: 'it\'s "é" 漢字',
      subject: 'order/1',
      causationId: '0198f4c6-2d4e-7a3b-8c5d-9e6f7a8b9c0d',
      payload: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    })
    await commit(store, [event])
    const { payload, ...head } = (await published([event]))[0]!.event
    const { payload: sent, alsoSubjects: _, ...sentHead } = event
    assert.deepEqual(head, sentHead)
    assert.deepEqual(new Uint8Array(payload), sent)
  })

  // The last one: the broker stays away.
  it('ends though the broker is away', async () => {
    await commit(store, [anEvent({ topic: 'orders' })])
    await server.kill()
    const relay = startRelay()
    await pause(300)
    const start = performance.now()
    await relay.stop()
    assert.ok(performance.now() - start < 20_000)
    assert.equal(position.saved, 0)
  })
})

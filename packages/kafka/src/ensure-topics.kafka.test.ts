import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { topic } from '@waybill/core'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'

describe('Topics on Kafka', { skip: await skipWithoutKafka(), timeout: 60_000 }, () => {
  let server: KafkaServer
  let log: KafkaLog

  before(async () => {
    server = await startKafka()
    log = createKafkaLog({ brokers: [server.address], clientId: 'test', system: 'shop' })
  })

  after(async () => {
    await log.close()
    await server.stop()
  })

  it('are created as they are declared, by whoever is first', async () => {
    const topics = [topic('orders'), topic('mails', { partitions: 3, retentionDays: 2 })]
    const all = await Promise.all([log.ensureTopics(topics), log.ensureTopics(topics)])
    assert.deepEqual(all, [[], []])
    assert.deepEqual(await log.ensureTopics(topics), [])
  })

  it('are left as they are when they are declared otherwise, and every difference is told', async () => {
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

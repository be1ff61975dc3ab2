import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createSetup, kafkaProgram, sharedKafka, skipWithoutKafka } from '@waybill/servers'
import { anEvent } from './an-event.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { startPublisher } from './publisher.test.fixture.ts'
import { startReader } from './reader.test.fixture.ts'

describe('Kafka’s own tool', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  const setup = createSetup()
  const system = `lag-${randomUUID()}`
  let broker: string
  let log: KafkaLog

  before(async () => {
    const [{ address }] = await setup.start(sharedKafka)
    broker = address
    log = createKafkaLog({ brokers: [broker], clientId: 'test', system })
    setup.with(log, () => log.close())
  })

  after(setup.end)

  /** What `kafka-consumer-groups --describe` shows of a group: of each partition that has one, how far it has come, and its lag. */
  async function shown(group: string): Promise<{ readonly reached: number; readonly lag: number }> {
    const { java, jars } = await kafkaProgram()
    const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
    const ask = ['--bootstrap-server', broker, '--describe', '--group', `${system}.${group}`]
    const { stdout } = await promisify(execFile)(java, ['-cp', join(jars, '*'), tool, ...ask])
    const [names, ...rows] = stdout
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => line.trim().split(/\s+/))
    const sumOf = (column: string): number =>
      rows.reduce((sum, row) => sum + (Number(row[names!.indexOf(column)]) || 0), 0)
    return { reached: sumOf('CURRENT-OFFSET'), lag: sumOf('LAG') }
  }

  it('shows how far a service has come, and how many events it still has to handle', async () => {
    const publisher = await startPublisher(log, `lag-${randomUUID()}`)
    const events = (count: number): ReturnType<typeof anEvent>[] =>
      Array.from({ length: count }, (_, n) => anEvent({ key: `key ${n % 20}`, text: `${n}` }))

    await publisher.publish(events(100))
    const reader = await startReader(log, { group: 'stock', topics: [publisher.topic] })
    await reader.have(100)
    await reader.close()
    assert.deepEqual(await shown('stock'), { reached: 100, lag: 0 })

    await publisher.publish(events(60))
    const other = await startReader(log, { group: 'others', topics: [publisher.topic] })
    await other.have(160)
    await other.close()
    assert.deepEqual(await shown('stock'), { reached: 100, lag: 60 })
    assert.deepEqual(await shown('others'), { reached: 160, lag: 0 })
  })
})

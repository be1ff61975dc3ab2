import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Admin, Producer } from '@platformatic/kafka'
import { anEvent } from './an-event.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { type Publisher, startPublisher } from './publisher.test.fixture.ts'
import { type Reader, type Saved, startReader } from './reader.test.fixture.ts'
import { type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'

const system = 'test'
let topics = 0

/** Events of so many keys in turn, with texts that count up within each key. */
function inTurn(keys: number, from: number, to: number): ReturnType<typeof anEvent>[] {
  return Array.from({ length: keys * (to - from) }, (_, n) =>
    anEvent({ key: `key ${n % keys}`, text: `${from + Math.floor(n / keys)}` }),
  )
}

function assertInOrder(reader: Reader, keys: number, count: number): void {
  const expected = Array.from({ length: count }, (_, n) => `${n}`)
  for (let key = 0; key < keys; key += 1) assert.deepEqual(reader.textsOf(`key ${key}`), expected)
}

describe('A subscription on Kafka', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  let server: KafkaServer
  let admin: Admin
  let log: KafkaLog
  let publisher: Publisher
  let retries: unknown[]
  const open: { close(): Promise<void> }[] = []

  async function reader(group: string, saved?: Saved): Promise<Reader> {
    const started = await startReader(log, { group, topics: [publisher.topic], ...(saved && { saved }) })
    open.push(started)
    return started
  }

  before(async () => {
    server = await startKafka()
    admin = new Admin({ clientId: 'test', bootstrapBrokers: [server.address] })
  })

  after(async () => {
    await admin.close()
    await server.stop()
  })

  beforeEach(async () => {
    topics += 1
    retries = []
    log = createKafkaLog({
      brokers: [server.address],
      clientId: 'test',
      system,
      retried: ({ cause }) => retries.push(cause),
    })
    publisher = await startPublisher(log, `topic-${topics}`)
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    await publisher.relay.stop()
    await log.close()
  })

  it('loses nothing and keeps order when the broker is killed and comes back', async () => {
    const member = await reader('g')
    await publisher.publish(inTurn(10, 0, 50))
    await member.have(500)
    await publisher.publish(inTurn(10, 50, 150))
    await server.kill()
    await publisher.publish(inTurn(10, 150, 200))
    await pause(2_000)
    await server.start()
    await publisher.publish(inTurn(10, 200, 250))
    await member.have(2_500)
    assertInOrder(member, 10, 250)
    assert.ok(retries.length > 0, 'it says that it tries again')
  })

  it('waits for a broker that is away when it begins', async () => {
    await publisher.publish(inTurn(2, 0, 5))
    await server.kill()
    const member = await reader('g')
    assert.equal(await log.ready(), false)
    await server.start()
    await member.have(10)
    assertInOrder(member, 2, 5)
    assert.equal(await log.ready(), true)
  })

  it('gives the partitions of a killed process to another one, from the saved positions', async () => {
    const saved: Saved = new Map()
    const script = new URL('lone-member.test.fixture.ts', import.meta.url)
    const killed = fork(script, [server.address, system, 'g', publisher.topic.name])
    const [joined] = (await once(killed, 'message')) as [string]
    assert.equal(joined, 'joined')
    await publisher.publish(inTurn(10, 0, 10))
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const killedAt = performance.now()
    const member = await reader('g', saved)
    await member.have(100)
    assertInOrder(member, 10, 10)
    const tookMs = performance.now() - killedAt
    assert.ok(tookMs < 12_000, `it took ${tookMs} ms`)
  })

  it('gives nothing more of partitions that went to another member', async () => {
    const options = { group: 'g', topics: [publisher.topic] }
    const one = await log.subscribe({ ...options, from: () => Promise.resolve(0) })
    open.push(one)
    await publisher.publish(inTurn(40, 0, 5))
    await one.poll(1)
    const other = createKafkaLog({ brokers: [server.address], clientId: 'test', system })
    const two = await other.subscribe({ ...options, from: () => Promise.resolve(0) })
    const taken = new Set<number>()
    for (let got = 0; got < 20;) {
      const { messages } = await two.poll(1_000)
      got += messages.length
      for (const { partition } of messages) taken.add(partition)
    }
    const rest = await one.poll(1_000)
    assert.equal(taken.size, 2)
    assert.ok(rest.messages.length > 0)
    assert.deepEqual(
      rest.messages.filter(({ partition }) => taken.has(partition)),
      [],
    )
    await two.close()
    await other.close()
  })

  it('tells Kafka what is saved, for those who watch the lag', async () => {
    const member = await reader('lagging')
    await publisher.publish(inTurn(1, 0, 7))
    await member.have(7)
    await member.close()
    open.pop()
    const [group] = await admin.listConsumerGroupOffsets({ groups: [`${system}.lagging`] })
    const committed = group!.topics.flatMap(({ partitions }) => partitions.map((one) => one.committedOffset))
    assert.deepEqual(committed, [7n])
  })

  it('goes on with what is left when what it should read next has expired, and says so', async () => {
    await publisher.publish(inTurn(1, 0, 9))
    const { partition, position } = await lastOf(await reader('first'), 9)
    await admin.deleteRecords({
      topics: [{ name: publisher.topic.name, partitions: [{ partition, offset: BigInt(position - 2) }] }],
    })
    const saved = new Map([[`${publisher.topic.name}/${partition}`, 2]])
    const late = await reader('late', saved)
    await late.have(3)
    assert.match(String(retries.at(-1)), /2 to 5 expired before they were read/)
    retries.length = 0
    const fresh = await reader('fresh')
    await fresh.have(3)
    assert.deepEqual(retries, [])
  })

  it('ends when a partition ends before the saved position', async () => {
    await publisher.publish(inTurn(1, 0, 3))
    const { partition } = await lastOf(await reader('first'), 3)
    const subscription = await log.subscribe({
      group: 'g',
      topics: [publisher.topic],
      from: async (_, asked) => (asked === partition ? 10 : 0),
    })
    open.push(subscription)
    await assert.rejects(subscription.poll(10), { code: 'LOG_TRUNCATED', message: /ends at 3; .* is 10/ })
  })

  it('asks again for a position that could not be told', async () => {
    let isAway = true
    const subscription = await log.subscribe({
      group: 'g',
      topics: [publisher.topic],
      from: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(0)),
    })
    open.push(subscription)
    await publisher.publish(inTurn(4, 0, 2))
    await assert.rejects(subscription.poll(10), /away/)
    isAway = false
    for (let got = 0; got < 8;) got += (await subscription.poll(10)).messages.length
  })

  it('passes over marks of transactions, and what was aborted', async () => {
    const producer = new Producer({
      clientId: 'other',
      bootstrapBrokers: [server.address],
      idempotent: true,
      transactionalId: 't',
    })
    const message = (text: string) => ({
      topic: publisher.topic.name,
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.from(text),
    })
    for (const [text, end] of [
      ['lost', 'abort'],
      ['kept', 'commit'],
    ] as const) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages: [message(text)] })
      await transaction[end]()
    }
    await producer.close()
    await publisher.publish(inTurn(8, 0, 2))
    const saved: Saved = new Map()
    const member = await reader('g', saved)
    await member.have(17)
    assert.deepEqual(member.textsOf('k'), ['kept'])
    assert.equal(member.messages.find(({ event }) => event.key === 'k')?.position, 2)
  })
})

/** The last of so many messages. */
async function lastOf(reader: Reader, count: number): Promise<Reader['messages'][number]> {
  await reader.have(count)
  return reader.messages.at(-1)!
}

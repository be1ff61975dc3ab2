import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Admin, Producer } from '@platformatic/kafka'
import type { Message, Poll } from '@waybill/core'
import { anEvent } from './an-event.test.fixture.ts'
import { forkMember, type MemberProcess } from './fork-member.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { type Ledger, memoryLedger } from './ledger.test.fixture.ts'
import { type Publisher, startPublisher } from './publisher.test.fixture.ts'
import { type Reader, startReader, textsOf } from './reader.test.fixture.ts'
import { createSetup, type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'

const system = 'test'
let topics = 0

/** Events of so many keys in turn, with texts that count up within each key. */
function inTurn(keys: number, from: number, to: number): ReturnType<typeof anEvent>[] {
  return Array.from({ length: keys * (to - from) }, (_, n) =>
    anEvent({ key: `key ${n % keys}`, text: `${from + Math.floor(n / keys)}` }),
  )
}

function assertInOrder(messages: readonly Message[], keys: number, count: number): void {
  const expected = Array.from({ length: count }, (_, n) => `${n}`)
  for (let key = 0; key < keys; key += 1) assert.deepEqual(textsOf(messages, `key ${key}`), expected)
}

const partitionsOf = (messages: readonly Message[]): Set<number> =>
  new Set(messages.map(({ partition }) => partition))

/** Looks again and again, for a minute at most. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = performance.now() + 60_000; !(await holds()); await pause(10)) {
    assert.ok(performance.now() < until, 'it did not happen')
  }
}

describe('A subscription on Kafka', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  const setup = createSetup()
  let server: KafkaServer
  let admin: Admin
  let log: KafkaLog
  let publisher: Publisher
  let retries: unknown[]
  const open: { close(): Promise<void> }[] = []

  async function reader(group: string, ledger?: Ledger): Promise<Reader> {
    const started = await startReader(log, { group, topics: [publisher.topic], ...(ledger && { ledger }) })
    open.push(started)
    return started
  }

  /** A process that can be a member, always under the same name. */
  async function process(ledger: Ledger, group: string): Promise<MemberProcess> {
    const { address } = server
    const of = { address, system, group, topic: publisher.topic.name, instance: 'process' }
    const started = await forkMember(ledger, of)
    open.push({ close: started.kill })
    return started
  }

  /** The same in another process, as Kafka sees it. */
  function otherLog(): KafkaLog {
    const other = createKafkaLog({ brokers: [server.address], clientId: 'other', system })
    open.push(other)
    return other
  }

  before(async () => {
    ;[server] = await setup.start(startKafka)
    admin = new Admin({ clientId: 'test', bootstrapBrokers: [server.address] })
    setup.with(admin, () => admin.close())
  })

  after(setup.end)

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
    assertInOrder(member.messages, 10, 250)
    assert.ok(retries.length > 0, 'it says that it tries again')
  })

  it('waits for a broker that is away when it begins', async () => {
    await publisher.publish(inTurn(2, 0, 5))
    await server.kill()
    const member = await reader('g')
    assert.equal(await log.ready(), false)
    await server.start()
    await member.have(10)
    assertInOrder(member.messages, 2, 5)
    assert.equal(await log.ready(), true)
  })

  it('takes up what a suspended process had; that one comes back, and writes nothing twice', async () => {
    const ledger = memoryLedger()
    const suspended = await process(ledger, 'split')
    suspended.join()
    await publisher.publish(inTurn(10, 0, 10))
    await eventually(() => ledger.handled.length === 100)
    suspended.signal('SIGSTOP')
    await publisher.publish(inTurn(10, 10, 20))
    const young = await reader('split', ledger)
    await eventually(() => ledger.handled.length === 200)
    suspended.signal('SIGCONT')
    let turn = 20
    for (; young.messages.length === ledger.handled.length - 100; turn += 1) {
      await publisher.publish(inTurn(10, turn, turn + 1))
      await pause(50)
    }
    await suspended.kill()
    await eventually(() => ledger.handled.length === 10 * turn)
    assertInOrder(ledger.handled, 10, turn)
  })

  it('gives a process that was killed its partitions back at once when it has its name again', async () => {
    const asked: number[] = []
    const ledger = memoryLedger()
    const [killed, restarted] = [await process(ledger, 'named'), await process(ledger, 'named')]
    killed.join()
    await publisher.publish(inTurn(20, 0, 5))
    await eventually(() => ledger.handled.length === 100)
    const other = await reader('named', {
      ...ledger,
      from: (source, partition) => {
        asked.push(partition)
        return ledger.from(source, partition)
      },
    })
    await eventually(() => asked.length === 2)
    await killed.kill()
    restarted.join()
    await publisher.publish(inTurn(20, 5, 10))
    await eventually(() => ledger.handled.length === 200)
    assertInOrder(ledger.handled, 20, 10)
    assert.equal(asked.length, 2, 'the other one goes on as before')
    assert.deepEqual(partitionsOf(other.messages), new Set(asked))
  })

  it('hands partitions over when all that was taken of them is saved, and keeps the others', async () => {
    const asked: string[] = []
    const from = (who: string) => async (_: string, partition: number) => {
      asked.push(`${who} ${partition}`)
      return undefined
    }
    const options = { group: 'g', topics: [publisher.topic] }
    await publisher.publish(inTurn(40, 0, 5))
    const one = await log.subscribe({ ...options, from: from('one') })
    open.push(one)
    const polls: Poll[] = []
    const taken = (): Message[] => polls.flatMap(({ messages }) => messages)
    while (taken().length < 200) polls.push(await one.poll(100))
    const two = await otherLog().subscribe({ ...options, from: from('two') })
    open.push(two)
    const coming = two.poll(1_000)
    await pause(1_500)
    assert.deepEqual(asked, ['one 0', 'one 1', 'one 2', 'one 3'])

    one.saved(polls.flatMap(({ next }) => next))
    const given = partitionsOf((await coming).messages)
    const kept = taken().filter(({ partition }) => !given.has(partition))
    assert.equal(partitionsOf(kept).size, 2)
    polls.length = 0
    await publisher.publish(inTurn(40, 5, 6))
    while (taken().length < kept.length / 5) polls.push(await one.poll(100))
    assert.deepEqual(partitionsOf(taken()), partitionsOf(kept))
    assert.deepEqual(asked.slice(4).toSorted(), [...given].map((partition) => `two ${partition}`).toSorted())
  })

  it('leaves its group at once, also before it was let in', async () => {
    for (let ms = 0; ms < 40; ms += 2) {
      const group = `${system}.g${ms}`
      const other = createKafkaLog({ brokers: [server.address], clientId: 'other', system })
      await other.subscribe({ group: `g${ms}`, topics: [publisher.topic], from: async () => undefined })
      await pause(ms)
      await other.close()
      const found = (await admin.describeGroups({ groups: [group] })).get(group)
      assert.deepEqual([...(found?.members.keys() ?? [])], [])
    }
  })

  it('tells Kafka what is saved, for those who watch the lag', async () => {
    const member = await reader('lagging')
    await publisher.publish(inTurn(1, 0, 7))
    await member.have(7)
    await member.close()
    open.pop()
    const [group] = await admin.listConsumerGroupOffsets({ groups: [`${system}.lagging`] })
    const committed = group!.topics.flatMap(({ partitions }) => partitions.map((one) => one.committedOffset))
    // Where nothing came the end is known, too, and there is no lag.
    assert.equal(
      committed.reduce((sum, one) => sum + one),
      7n,
    )
  })

  it('goes on with what is left when what it should read next has expired, and says so', async () => {
    await publisher.publish(inTurn(1, 0, 9))
    const { partition, position } = await lastOf(await reader('first'), 9)
    await admin.deleteRecords({
      topics: [{ name: publisher.topic.name, partitions: [{ partition, offset: BigInt(position - 2) }] }],
    })
    const ledger = memoryLedger(
      new Map([
        [`${publisher.topic.name}/${partition}`, { source: publisher.topic.name, partition, next: 2 }],
      ]),
    )
    const late = await reader('late', ledger)
    await late.have(3)
    assert.match(String(retries.at(-1)), /2 to 5 expired before they were read/)
    retries.length = 0
    const fresh = await reader('fresh')
    await fresh.have(3)
    assert.deepEqual(retries, [])
  })

  it('asks again for a position that could not be told', async () => {
    let isAway = true
    const subscription = await log.subscribe({
      group: 'g',
      topics: [publisher.topic],
      from: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(undefined)),
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
    const message = (value: Buffer) => ({
      topic: publisher.topic.name,
      partition: 0,
      key: Buffer.from('k'),
      value,
    })
    /** More than an answer has of a partition: the mark is in a later one. */
    const large = Array.from({ length: 6 }, () => randomBytes(100_000))
    for (const [values, end] of [
      [[Buffer.from('lost')], 'abort'],
      [[Buffer.from('lost, too')], 'abort'],
      [[Buffer.from('kept')], 'commit'],
      [large, 'abort'],
      [[Buffer.from('also kept')], 'commit'],
    ] as const) {
      const transaction = await producer.beginTransaction()
      for (const value of values) await transaction.send({ messages: [message(value)] })
      await transaction[end]()
    }
    await producer.close()
    await publisher.publish(inTurn(8, 0, 2))
    const member = await reader('g')
    await member.have(18)
    assert.deepEqual(textsOf(member.messages, 'k'), ['kept', 'also kept'])
    assert.equal(member.messages.find(({ event }) => event.key === 'k')?.position, 4)
  })
})

/** The last of so many messages. */
async function lastOf(reader: Reader, count: number): Promise<Reader['messages'][number]> {
  await reader.have(count)
  return reader.messages.at(-1)!
}

import assert from 'node:assert/strict'
import { readFileSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import type { Offset, Poll } from '@waybill/core'
import { type KafkaServer, skipWithoutKafka, startKafka } from '@waybill/servers'
import { anEvent } from './an-event.test.fixture.ts'
import { forkMember } from './fork-member.test.fixture.ts'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'
import { type Ledger, memoryLedger } from './ledger.test.fixture.ts'
import { type Publisher, startPublisher } from './publisher.test.fixture.ts'
import { type Reader, startReader, textsOf } from './reader.test.fixture.ts'

let topics = 0

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`)
/** Events of four keys in turn: each partition has some. */
const events = (from: number, to: number): ReturnType<typeof anEvent>[] =>
  texts(from, to).map((text, n) => anEvent({ key: `${n % 4}`, text, at: Date.now() }))

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = performance.now() + 30_000; !(await holds()); await pause(10)) {
    assert.ok(performance.now() < until, 'it did not happen')
  }
}

/** Where the batch of that number begins in a file of them; how much they take packed differs by some bytes. */
function batchAt(file: Buffer, number: number): number {
  let at = 0
  // Its length stands behind its first offset, and does not count these two.
  for (let n = 0; n < number; n += 1) at += 12 + file.readInt32BE(at + 8)
  return at
}

describe('A partition that is not what it was', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  let server: KafkaServer
  let admin: Admin
  let log: KafkaLog
  let publisher: Publisher
  let reports: { partition: number; cause: Error | undefined }[]
  let troubles: string[]
  let hasTables: boolean
  let saved: Map<string, Offset>
  let ledger: Ledger
  const open: { close(): Promise<void> }[] = []

  async function reader(): Promise<Reader> {
    const started = await startReader(log, { group: 'g', topics: [publisher.topic], ledger })
    open.push(started)
    return started
  }

  /** Has a reader handle so many events, and leave. */
  async function handled(count: number): Promise<void> {
    const first = await reader()
    await first.have(count)
    await first.close()
  }

  async function recreate(): Promise<void> {
    await admin.deleteTopics({ topics: [publisher.topic.name] })
    await eventually(async () => !(await admin.listTopics()).includes(publisher.topic.name))
    await log.ensureTopics([publisher.topic])
  }

  const ends = async (): Promise<number[]> => {
    const { name } = publisher.topic
    const partitions = [0, 1, 2, 3].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }))
    const [found] = await admin.listOffsets({ topics: [{ name, partitions }] })
    return found!.partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ offset }) => Number(offset))
  }

  /** Waits until so many records are in the topic as it is now. */
  const published = (count: number): Promise<void> =>
    eventually(async () => (await ends().catch(() => [0])).reduce((a, b) => a + b) >= count)

  /** All events came, those of each key in order. */
  function assertAll(messages: Reader['messages'], from: number, to: number): void {
    // Of what comes from the tables, too, it is known whose it is.
    assert.deepEqual([...new Set(messages.map(({ producer }) => producer))], [publisher.store.service])
    const all = events(from, to)
    for (const key of ['0', '1', '2', '3']) {
      const expected = all
        .filter((event) => event.key === key)
        .map(({ payload }) => Buffer.from(payload).toString())
      assert.deepEqual(textsOf(messages, key), expected)
    }
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
    reports = []
    troubles = []
    hasTables = true
    saved = new Map()
    ledger = memoryLedger(saved)
    log = createKafkaLog({
      brokers: [server.address],
      clientId: 'test',
      system: 'recovery',
      instance: 'one',
      retried: ({ cause }) => troubles.push(String(cause)),
      tables: (topic) => (hasTables && topic === publisher.topic.name ? [publisher.store] : []),
      halted: ({ partition, cause }) => reports.push({ partition, cause }),
    })
    publisher = await startPublisher(log, `topic-${topics}`)
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    await publisher.relay.stop()
    await log.close()
  })

  it('is read from the tables when its topic was made anew and has grown beyond what was read', async () => {
    await publisher.publish(events(1, 20))
    await handled(20)
    await publisher.publish(events(21, 24))
    await published(24)
    await recreate()
    await publisher.publish(events(25, 64))
    await published(40)
    const second = await reader()
    await second.have(64)
    assertAll(second.messages, 1, 64)
    await publisher.publish(events(65, 68))
    await second.have(68)
    assertAll(second.messages, 1, 68)
    await eventually(async () => {
      const reached = [...saved.values()]
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ next }) => next)
      return JSON.stringify(reached) === JSON.stringify((await ends()).map((end) => end))
    })
    assert.equal(new Set([...saved.values()].map(({ mark }) => mark!.split(':')[0])).size, 1)
    assert.match(troubles.join(), /another topic of that name/)
    assert.deepEqual(reports, [])
  })

  it('is read on when its topic is made anew while it is read', async () => {
    const member = await reader()
    await publisher.publish(events(1, 20))
    await member.have(20)
    await recreate()
    await publisher.publish(events(21, 40))
    await member.have(40)
    assertAll(member.messages, 1, 40)
    assert.deepEqual(reports, [])
  })

  it('is read from the tables when its topic was made anew and is shorter than what was read', async () => {
    await publisher.publish(events(1, 40))
    await handled(40)
    await recreate()
    // As from a version that saved no marks.
    for (const [name, { mark: _, ...offset }] of saved) saved.set(name, offset)
    await publisher.publish(events(41, 44))
    await published(4)
    const second = await reader()
    await second.have(44)
    assertAll(second.messages, 1, 44)
    assert.match(troubles.join(), /it ends at/)
  })

  it('is read from the tables when nothing of it had come yet', async () => {
    const first = await reader()
    await publisher.publish([anEvent({ key: '0', text: '1', at: Date.now() })])
    await first.have(1)
    await first.close()
    await publisher.publish(events(1, 8).slice(1))
    await published(8)
    await recreate()
    const second = await reader()
    await second.have(8)
    assertAll(second.messages, 1, 8)
  })

  it('is read from the tables when what should be read next has expired', async () => {
    await publisher.publish(events(1, 8))
    await handled(8)
    await publisher.publish(events(9, 40))
    await published(40)
    const partitions = (await ends()).map((end, partition) => ({
      partition,
      offset: BigInt(end > 1 ? end - 1 : 0),
    }))
    await admin.deleteRecords({ topics: [{ name: publisher.topic.name, partitions }] })
    const second = await reader()
    await second.have(40)
    assertAll(second.messages, 1, 40)
    assert.match(troubles.join(), /it begins at/)
    assert.deepEqual(reports, [])
  })

  it('begins anew only when all is saved that was read of it before', async () => {
    const subscription = await log.subscribe({ group: 'g', topics: [publisher.topic], from: ledger.from })
    open.push(subscription)
    const polls: Poll[] = []
    const poll = async (count: number): Promise<void> => {
      while (polls.flatMap(({ messages }) => messages).length < count) polls.push(await subscription.poll(3))
    }
    await publisher.publish(events(1, 8))
    await poll(8)
    const read = polls.flatMap(({ next }) => next)
    const marks = new Set(read.map(({ mark }) => mark!.split(':')[0]))
    await recreate()
    await poll(16)
    const isNew = ({ mark }: Offset): boolean => !marks.has(mark!.split(':')[0])
    assert.deepEqual(polls.flatMap(({ next }) => next).filter(isNew), [])
    const coming = subscription.poll(10)
    await pause(200)
    subscription.saved(read)
    assert.ok((await coming).next.every(isNew))
  })

  it('is read from the tables again when its reader ended meanwhile', async () => {
    await publisher.publish(events(1, 400))
    await handled(400)
    await recreate()
    const before = new Map(saved)
    const crashing = await log.subscribe({ group: 'g', topics: [publisher.topic], from: ledger.from })
    const given = (await crashing.poll(30)).messages
    assert.ok(given.length > 0 && given.every(({ position }) => position === -1))
    await crashing.close()
    assert.deepEqual(saved, before)
    await publisher.publish(events(401, 404))
    const second = await reader()
    await second.have(404)
    assertAll(second.messages, 1, 404)
  })

  it('is read from the tables again when its process was killed meanwhile', async () => {
    await publisher.publish(events(1, 4_000))
    await handled(4_000)
    await recreate()
    const before = new Map(saved)
    const given: string[] = []
    const killed = await forkMember(
      {
        ...ledger,
        // So that it is killed in the middle.
        write: async (messages, moves) => {
          given.push(...messages.map(({ event }) => event.id))
          await pause(50)
          return given.length < 2_000 && ledger.write(messages, moves)
        },
        published: publisher.store.published,
      },
      {
        address: server.address,
        system: 'recovery',
        group: 'g',
        topic: publisher.topic.name,
        instance: 'one',
      },
    )
    killed.join()
    await eventually(() => given.length > 1_000)
    await killed.kill()
    assert.deepEqual(saved, before)
    await publisher.publish(events(4_001, 4_004))
    const second = await reader()
    await second.have(4_004)
    assertAll(second.messages, 1, 4_004)
  })

  it(
    'is read on where its log has parted from what was read, when its brokers have lost the end of it',
    {
      skip: process.platform !== 'linux' && 'finds the files of a broker by the command line of its process',
    },
    async () => {
      const all = Array.from({ length: 20 }, (_, n) => anEvent({ key: 'k', text: `${n}`, at: Date.now() }))
      const member = await reader()
      // Each in a batch of its own.
      for (const [n, event] of all.slice(0, 10).entries()) {
        await publisher.publish([event])
        await member.have(n + 1)
      }
      await member.close()
      const { partition } = member.messages[0]!
      const settings = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').split('\0')
      const folder = dirname(settings.find((part) => part.endsWith('server.properties'))!)
      await server.kill()
      const file = join(folder, 'log', `${publisher.topic.name}-${partition}`, '00000000000000000000.log')
      truncateSync(file, batchAt(readFileSync(file), 5))
      await server.start()
      await publisher.publish(all.slice(10))
      // Some of them twice, if an answer was lost.
      await eventually(async () => ((await ends().catch(() => []))[partition] ?? 0) >= 15)
      const second = await reader()
      await second.have(20)
      assert.deepEqual(
        textsOf(second.messages, 'k'),
        all.map((_, n) => `${n}`),
      )
      assert.match(troubles.join(), /it parted at 5 from what was read/)
      const [end] = (await ends()).slice(partition)
      await eventually(() => saved.get(`${publisher.topic.name}/${partition}`)?.next === end)
    },
  )

  it('is left alone without tables, and the others go on, until another offset is saved', async () => {
    hasTables = false
    const other = await startPublisher(log, `${publisher.topic.name}-other`)
    open.push({ close: () => other.relay.stop() })
    await publisher.publish(events(1, 20))
    await handled(20)
    await recreate()
    await publisher.publish(events(21, 40))
    await published(20)
    const both = await startReader(log, { group: 'g', topics: [publisher.topic, other.topic], ledger })
    open.push(both)
    await other.publish(events(1, 8))
    await both.have(8)
    await eventually(() => reports.length === 4)
    assert.deepEqual(
      reports.map(({ cause }) => (cause as { code?: string }).code),
      Array(4).fill('LOG_TRUNCATED'),
    )
    assert.equal(log.halted().length, 4)
    reports.length = 0

    for (const name of saved.keys()) if (name.startsWith(`${publisher.topic.name}/`)) saved.delete(name)
    await both.have(28)
    assertAll(
      both.messages.filter(({ source }) => source === publisher.topic.name),
      21,
      40,
    )
    await eventually(() => reports.length === 4)
    assert.deepEqual(
      reports.map(({ cause }) => cause),
      Array(4).fill(undefined),
    )
    assert.deepEqual(log.halted(), [])
  })

  it('does not hold up the others while its topic is not there', async () => {
    const other = await startPublisher(log, `${publisher.topic.name}-other`)
    open.push({ close: () => other.relay.stop() })
    const both = await startReader(log, { group: 'g', topics: [publisher.topic, other.topic], ledger })
    open.push(both)
    await publisher.publish(events(1, 8))
    await both.have(8)
    await admin.deleteTopics({ topics: [publisher.topic.name] })
    await eventually(() => /There is no topic/.test(troubles.join()))
    await other.publish(events(1, 8))
    await both.have(16)
    // Nor while it is divided anew.
    await both.close()
    const again = await startReader(log, { group: 'g', topics: [publisher.topic, other.topic], ledger })
    open.push(again)
    await other.publish(events(9, 12))
    await again.have(4)
    await log.ensureTopics([publisher.topic])
    await publisher.publish(events(9, 12))
    await again.have(16)
    assertAll(
      again.messages.filter(({ source }) => source === publisher.topic.name),
      1,
      12,
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RecordsBatch } from '@platformatic/kafka'
import type { Brokers, PartitionAnswer, PartitionAsk } from './brokers.ts'
import type { Fetched } from './fetched.ts'
import { createFetcher, type Fetcher } from './fetcher.ts'
import type { Loss } from './loss.ts'
import { type Reading, readingFrom } from './reading.ts'

const leaderEpoch = 7

/** A cluster of one broker with a topic of two partitions, which answers as it is told. */
class MadeUpCluster implements Brokers {
  id = 'id-1'
  start = 0
  end = 1_000
  forgotten = 0
  isThere = true
  looked = async (): Promise<void> => {}
  readonly asks: PartitionAsk[] = []
  readonly bytes: number[] = []
  answer: (ask: PartitionAsk) => Partial<PartitionAnswer> = () => ({})

  async topics(): ReturnType<Brokers['topics']> {
    const partitions = [0, 1].map(() => ({ leader: 1, leaderEpoch }))
    await this.looked()
    if (!this.isThere) return new Map()
    return new Map([['t', { id: this.id, partitions }]])
  }

  async fetch(
    _: number,
    asks: readonly PartitionAsk[],
    { maxBytes }: { maxBytes: number },
  ): Promise<PartitionAnswer[]> {
    this.asks.push(...asks)
    this.bytes.push(maxBytes)
    return asks.map((ask) => ({
      topicId: ask.topicId,
      partition: ask.partition,
      error: undefined,
      diverging: undefined,
      batches: [],
      aborted: [],
      ...this.answer(ask),
    }))
  }

  async offset(_: string, __: number, at: Parameters<Brokers['offset']>[2]): Promise<number> {
    if (at === 'end') return this.end
    return at === 'start' ? this.start : this.start + 100
  }

  forget(): void {
    this.forgotten += 1
  }

  reopen(): void {}

  async close(): Promise<void> {}
}

/** One record of so many bytes at an offset. */
function batchAt(offset: number, bytes = 10): RecordsBatch {
  return {
    firstOffset: BigInt(offset),
    lastOffsetDelta: 0,
    firstTimestamp: 0n,
    partitionLeaderEpoch: leaderEpoch,
    attributes: 0,
    records: [{ offsetDelta: 0, timestampDelta: 0n, key: null, value: Buffer.alloc(bytes), headers: [] }],
  } as unknown as RecordsBatch
}

function reading(partition: number, next: number, mark?: string): Reading {
  const offset = { source: 't', partition, next }
  return readingFrom('t', partition, mark === undefined ? offset : { ...offset, mark })
}

function start(cluster: MadeUpCluster, rung: () => void = () => {}) {
  const fetched: Fetched[] = []
  const losses: Loss[] = []
  const troubles: string[] = []
  const fetcher: Fetcher = createFetcher({
    brokers: cluster,
    answered: (found) => {
      fetched.push(...found)
      rung()
    },
    lost: (found) => losses.push(...found),
    trouble: (cause) => troubles.push(String(cause)),
  })
  return {
    fetched,
    losses,
    troubles,
    fetcher,
    /** Asks, and has the answer come. */
    ask: async (...readings: Reading[]) => {
      await fetcher.ask(readings)
      await pause(5)
    },
  }
}

describe('A fetcher', () => {
  it('says of which topic and of which epoch it has read', async () => {
    const cluster = new MadeUpCluster()
    const { ask } = start(cluster)
    cluster.answer = ({ next }) => ({ batches: [batchAt(next)] })
    const one = reading(0, 5, 'id-1:3')
    await ask(one)
    await ask(one)
    assert.deepEqual(cluster.asks, [
      { topic: 't', topicId: 'id-1', partition: 0, next: 5, epoch: 3, leaderEpoch },
      { topic: 't', topicId: 'id-1', partition: 0, next: 6, epoch: leaderEpoch, leaderEpoch },
    ])
  })

  it('does not fetch from another topic of the same name, and says from where that can be read', async () => {
    const cluster = new MadeUpCluster()
    const { ask, losses } = start(cluster)
    await ask(reading(0, 5, 'id-0:3'), reading(1, 5, 'id-1:3'))
    assert.deepEqual(
      cluster.asks.map(({ partition }) => partition),
      [1],
    )
    assert.deepEqual(
      losses.map(({ kind, resume }) => ({ kind, resume })),
      [{ kind: 'recreated', resume: { topicId: 'id-1', epoch: -1, next: 100 } }],
    )
  })

  it('gives what came of one partition though another has an error, and leaves that alone for a while', async () => {
    const cluster = new MadeUpCluster()
    const { ask, fetched, losses, troubles } = start(cluster)
    cluster.answer = ({ partition, next }) =>
      partition === 0 ? { error: 'UNKNOWN_TOPIC_ID' } : { batches: [batchAt(next)] }
    const readings = [reading(0, 5, 'id-1:3'), reading(1, 5, 'id-1:3')]
    await ask(...readings)
    await ask(...readings)
    assert.deepEqual(
      fetched.map(({ next }) => next),
      [6, 7],
    )
    assert.deepEqual(
      cluster.asks.map(({ partition }) => partition),
      [0, 1, 1],
    )
    assert.equal(cluster.forgotten, 1)
    assert.deepEqual(troubles, [], 'the first time is none')
    await pause(120)
    await ask(...readings)
    assert.match(troubles.join(), /t\/0 can't be read from 5 \(epoch 3\): UNKNOWN_TOPIC_ID/)
    assert.deepEqual(losses, [])
  })

  it('says when a partition can be asked for again, and then it can', async () => {
    // Timers are up to a millisecond early by the clock, about each third one.
    const clusters = Array.from({ length: 30 }, () => new MadeUpCluster())
    for (const cluster of clusters) {
      cluster.isThere = false
      const one = reading(0, 5, 'id-1:3')
      const { fetcher } = start(cluster, () => cluster.asks.length > 0 || void fetcher.ask([one]))
      await fetcher.ask([one])
      cluster.isThere = true
      await pause(Math.random())
    }
    await pause(300)
    assert.deepEqual(
      clusters.map(({ asks }) => asks.length),
      clusters.map(() => 1),
    )
  })

  it('looks again for those that came while it looked up others', async () => {
    const cluster = new MadeUpCluster()
    const { fetcher, losses } = start(cluster)
    const looking = Promise.withResolvers<void>()
    cluster.offset = async () => {
      await looking.promise
      return 0
    }
    const asked = fetcher.ask([reading(0, 5, 'id-0:3')])
    await pause(5)
    void fetcher.ask([reading(1, 5, 'id-1:3')])
    looking.resolve()
    await asked
    await pause(5)
    assert.equal(losses.length, 1)
    assert.deepEqual(
      cluster.asks.map(({ partition }) => partition),
      [1],
    )
  })

  it('passes over an answer about a partition that is read from elsewhere by then', async () => {
    const cluster = new MadeUpCluster()
    const { ask, fetched } = start(cluster)
    const one = reading(0, 5, 'id-1:3')
    cluster.answer = ({ next }) => {
      Object.assign(one, { next: 0, topicId: 'id-2', epoch: -1 })
      return { batches: [batchAt(next)] }
    }
    await ask(one)
    assert.deepEqual([one.next, one.topicId, fetched], [0, 'id-2', []])
  })

  it('tells what lies before the start, behind the end, and where a log has parted', async () => {
    const cluster = new MadeUpCluster()
    const { ask, losses } = start(cluster)
    cluster.start = 50
    cluster.answer = ({ partition }) =>
      partition === 0 ? { error: 'OFFSET_OUT_OF_RANGE' } : { diverging: { epoch: 2, endOffset: 60 } }
    await ask(reading(0, 5, 'id-1:3'), reading(1, 70, 'id-1:3'))
    await ask(reading(0, 2_000, 'id-1:3'))
    assert.deepEqual(
      losses.map(({ kind, resume }) => [kind, resume!.next, resume!.epoch]),
      [
        ['expired', 50, -1],
        ['truncated', 60, 2],
        ['truncated', 150, -1],
      ],
    )
  })

  it('takes an epoch that no leader knows for a lost one, if it stays so', async () => {
    const cluster = new MadeUpCluster()
    const { ask, losses } = start(cluster)
    cluster.answer = () => ({ error: 'OFFSET_OUT_OF_RANGE' })
    const one = reading(0, 500, 'id-1:9')
    await ask(one)
    assert.deepEqual(losses, [])
    await pause(120)
    await ask(one)
    assert.deepEqual(
      losses.map(({ kind, found }) => [kind, found]),
      [['truncated', 'no leader of epoch 9 is known to it']],
    )
  })

  it('begins with what is left where nothing was ever saved', async () => {
    const cluster = new MadeUpCluster()
    const { ask, losses } = start(cluster)
    cluster.start = 50
    cluster.answer = ({ next }) => (next < 50 ? { error: 'OFFSET_OUT_OF_RANGE' } : {})
    const one = readingFrom('t', 0, undefined)
    await ask(one)
    assert.equal(one.next, 50)
    assert.deepEqual(losses, [])
  })

  it('asks for less after an answer that was large when it was unpacked', async () => {
    const cluster = new MadeUpCluster()
    const { ask } = start(cluster)
    const one = reading(0, 0)
    for (const bytes of [10, 64 * 1024 * 1024, 10, 10, 10, 10, 10]) {
      cluster.answer = ({ next }) => ({ batches: [batchAt(next, bytes)] })
      await ask(one)
    }
    assert.ok(cluster.bytes[2]! < cluster.bytes[1]! / 7)
    assert.equal(cluster.bytes.at(-1), cluster.bytes[0])
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import {
  type ClusterTopicMetadata,
  Consumer,
  FetchIsolationLevels,
  findErrorBy,
  ListOffsetTimestamps,
} from '@platformatic/kafka'
import { backoffMs } from './backoff.ts'
import { type Fetched, fetchedIn, type Reading } from './fetched.ts'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'
import { LogTruncated } from './log-truncated.ts'
import type { Trouble } from './trouble.ts'
import { within } from './within.ts'

/** Reads partitions from where it is told, whatever group there is. */
export interface Fetcher {
  /** Asks the brokers that lead these partitions, except those that have yet to answer; does not wait for them. */
  ask(readings: readonly Reading[]): Promise<void>
  close(): Promise<void>
}

type Topics = ReadonlyMap<string, ClusterTopicMetadata>

/** What an answer may bring, and how long it may take. */
export const fetchLimits = {
  /** An answer may wait so long for a first record. */
  maxWaitTime: 500,
  minBytes: 1,
  /** Parsed at a time, which takes about 10 ms. */
  maxBytes: 1024 * 1024,
  isolationLevel: FetchIsolationLevels.READ_COMMITTED,
}
/** A broker that says nothing for so long is taken for dead. */
const answerMs = 15_000
/** Of one partition in one answer. */
export const partitionMaxBytes = 256 * 1024

/**
 * @param options.answered called after each request with what it brought, also with nothing
 * @param options.ended called with the error that trying again does not mend
 */
export function createFetcher(options: {
  connection: KafkaConnection
  group: string
  topics: readonly string[]
  answered: (fetched: readonly Fetched[]) => void
  ended: (error: LogTruncated) => void
  trouble: Trouble
}): Fetcher {
  const { connection, group, topics, answered, ended, trouble } = options
  const closing = new AbortController()
  let consumer = open()
  /** Leaders that have yet to answer. */
  const busy = new Set<number>()
  let lookingUp = false
  /** As it was last asked for: while a look-up is under way, partitions may have come or gone. */
  let wanted: readonly Reading[] = []
  let failures = 0

  function open(): Consumer {
    const fresh = new Consumer({
      ...clientOptions(connection),
      // It never joins, but the client wants a name.
      groupId: group,
      // By the next attempt something else may be wanted.
      retries: 0,
    })
    fresh.on('error', () => {})
    fresh.topics.trackAll(...topics)
    return fresh
  }

  /** After a failure it resolves with nothing, and only after a pause. */
  async function patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    const used = consumer
    try {
      const result = await within(answerMs, 'An answer', work())
      failures = 0
      return result
    } catch (cause) {
      if (cause instanceof LogTruncated) ended(cause)
      else if (!closing.signal.aborted) {
        failures += 1
        const delayMs = backoffMs(failures)
        trouble(cause, delayMs)
        void used.close(true).catch(() => {})
        if (consumer === used) consumer = open()
        await pause(delayMs, undefined, { signal: closing.signal }).catch(() => {})
      }
      return undefined
    }
  }

  async function askLeader(leader: number, readings: readonly Reading[], found: Topics): Promise<void> {
    if (busy.has(leader)) return
    busy.add(leader)
    const fetched = (await patiently(() => fetch(leader, readings, found))) ?? []
    busy.delete(leader)
    // Not before: an answer that comes too late is passed over.
    for (const { reading, next } of fetched) reading.next = next
    answered(fetched)
  }

  async function fetch(
    leader: number,
    readings: readonly Reading[],
    found: Topics,
  ): Promise<readonly Fetched[]> {
    const idOf = (topic: string): string => found.get(topic)!.id
    const request = [...Map.groupBy(readings, ({ topic }) => topic)].map(([topic, parts]) => ({
      topicId: idOf(topic),
      partitions: parts.map(({ partition, next }) => ({
        partition,
        fetchOffset: BigInt(next),
        partitionMaxBytes,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
      })),
    }))
    try {
      const answer = await consumer.fetch({ ...fetchLimits, node: leader, topics: request })
      const byId = new Map(
        readings.map((reading) => [`${idOf(reading.topic)}/${reading.partition}`, reading]),
      )
      return fetchedIn(answer, byId)
    } catch (cause) {
      if (findErrorBy(cause as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw cause
      for (const reading of readings) await relocate(reading)
      return []
    }
  }

  /** What is before the start of a partition has expired; what is behind its end was never there, or is lost. */
  async function relocate(reading: Reading): Promise<void> {
    const { topic, partition, next } = reading
    const where = { topics: [topic], partitions: { [topic]: [partition] } }
    const offsetAt = async (timestamp: bigint): Promise<number> =>
      Number((await consumer.listOffsets({ ...where, timestamp })).get(topic)![partition])

    const end = await offsetAt(ListOffsetTimestamps.LATEST)
    if (next > end) throw new LogTruncated(topic, partition, next, end)
    const start = await offsetAt(ListOffsetTimestamps.EARLIEST)
    if (next >= start) return
    if (next > 0)
      trouble(new Error(`${topic}/${partition}: ${next} to ${start - 1} expired before they were read`), 0)
    reading.next = start
  }

  return {
    ask: async (readings) => {
      wanted = readings
      if (lookingUp) return
      lookingUp = true
      const metadata = await patiently(() => consumer.metadata({ topics: [...topics] }))
      lookingUp = false
      if (metadata === undefined) return answered([])
      const leaderOf = ({ topic, partition }: Reading): number =>
        metadata.topics.get(topic)!.partitions[partition]!.leader
      for (const [leader, led] of Map.groupBy(wanted, leaderOf)) void askLeader(leader, led, metadata.topics)
    },
    close: async () => {
      closing.abort()
      await consumer.close(true)
    },
  }
}

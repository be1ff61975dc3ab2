import { Consumer, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka'
import type { Brokers, PartitionAnswer, TopicState } from './brokers.ts'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>

/** How long an answer may take, and what it leaves out. */
export const fetching = {
  /** An answer may wait so long for a first record. */
  maxWaitTime: 500,
  minBytes: 1,
  isolationLevel: FetchIsolationLevels.READ_COMMITTED,
}
/** The broker has forgotten what was asked for before, or never got it: the client begins anew by itself. */
const forgotten = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

/** @param group it never joins, but the client wants a name */
export function kafkaBrokers(connection: KafkaConnection, group: string): Brokers {
  let consumer = open()

  function open(): Consumer {
    // Without retries: by the next attempt something else may be wanted.
    const fresh = new Consumer({ ...clientOptions(connection), groupId: group, retries: 0 })
    fresh.on('error', () => {})
    return fresh
  }

  async function stateOf(used: Consumer, name: string): Promise<TopicState | undefined> {
    try {
      return (await used.metadata({ topics: [name] })).topics.get(name)
    } catch (cause) {
      if (!isUnknownTopic(cause)) throw cause
      // The client asks for all that it tracks before each fetch, and would fail with it.
      used.topics.untrack(name)
      return undefined
    }
  }

  return {
    topics: async (names) => {
      const used = consumer
      try {
        const { topics } = await used.metadata({ topics: [...names] })
        track(used, names)
        return topics
      } catch (cause) {
        if (!isUnknownTopic(cause)) throw cause
        const found = await Promise.all(names.map(async (name) => [name, await stateOf(used, name)] as const))
        const there = found.filter((one): one is readonly [string, TopicState] => one[1] !== undefined)
        track(
          used,
          there.map(([name]) => name),
        )
        return new Map(there)
      }
    },
    fetch: async (node, asks, limits) => {
      const topics = [...Map.groupBy(asks, ({ topicId }) => topicId)].map(([topicId, parts]) => ({
        topicId,
        partitions: parts.map(({ partition, next, leaderEpoch, epoch }) => ({
          partition,
          fetchOffset: BigInt(next),
          partitionMaxBytes: limits.partitionMaxBytes,
          currentLeaderEpoch: leaderEpoch,
          lastFetchedEpoch: epoch,
        })),
      }))
      const ask = (): Promise<FetchResponse> =>
        consumer.fetch({ ...fetching, maxBytes: limits.maxBytes, node, topics })
      try {
        // Once more where the broker knows nothing of what was asked before.
        return answersIn(await ask().catch((cause) => (isForgotten(cause) ? ask() : Promise.reject(cause))))
      } catch (cause) {
        const { response, errors } = cause as FailedFetch
        if (response === undefined || response.errorCode !== 0) throw cause
        return answersIn(response, namesOf(errors))
      }
    },
    offset: async (topic, partition, at) => {
      const offset = async (timestamp: bigint): Promise<number> => {
        const offsets = await consumer.listOffsets({
          topics: [topic],
          partitions: { [topic]: [partition] },
          timestamp,
        })
        return Number(offsets.get(topic)![partition])
      }
      if (at === 'start') return offset(ListOffsetTimestamps.EARLIEST)
      const first = at === 'end' ? -1 : await offset(BigInt(at.since))
      return first === -1 ? offset(ListOffsetTimestamps.LATEST) : first
    },
    forget: () => consumer.clearMetadata(),
    reopen: () => {
      void consumer.close(true).catch(() => {})
      consumer = open()
    },
    close: async () => {
      await consumer.close(true)
    },
  }
}

/** How the client says that a part of an answer is an error: with the whole answer, and the places of the errors in it. */
interface FailedFetch {
  readonly response?: FetchResponse
  readonly errors: readonly { readonly path?: string; readonly apiId?: string }[]
}

function isForgotten(cause: unknown): boolean {
  const { response, errors } = cause as FailedFetch
  return response !== undefined && errors.some(({ apiId }) => forgotten.has(apiId ?? ''))
}

function namesOf(errors: FailedFetch['errors']): ReadonlyMap<string, string> {
  return new Map(errors.map(({ path = '', apiId = 'UNKNOWN_SERVER_ERROR' }) => [path, apiId]))
}

function answersIn(
  { responses }: FetchResponse,
  errors: ReadonlyMap<string, string> = new Map(),
): PartitionAnswer[] {
  return responses.flatMap(({ topicId, partitions }, i) =>
    partitions.map(({ partitionIndex, records, abortedTransactions, divergingEpoch }, j) => ({
      topicId,
      partition: partitionIndex,
      error: errors.get(`/responses/${i}/partitions/${j}`),
      diverging:
        divergingEpoch === undefined || divergingEpoch.endOffset < 0n
          ? undefined
          : { epoch: divergingEpoch.epoch, endOffset: Number(divergingEpoch.endOffset) },
      batches: records ?? [],
      aborted: abortedTransactions ?? [],
    })),
  )
}

/** Once each: the client counts. */
function track({ topics }: Consumer, names: readonly string[]): void {
  for (const name of names) if (!topics.has(name)) topics.track(name)
}

function isUnknownTopic(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('Unknown topic ')
}

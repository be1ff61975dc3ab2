import { setTimeout as pause } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import type { Offset } from '@waybill/core'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'
import type { Trouble } from './trouble.ts'
import { within } from './within.ts'

/** Partitions of a topic that a member has been given. */
export interface Assignment {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** A member of a consumer group: it is given partitions, but does not read them. */
export interface GroupMember {
  /**
   * Its partitions; the same array as long as nobody has said otherwise, so also while the broker is away.
   */
  assignments(): readonly Assignment[]
  /** Tells the group how far partitions are handled, for tools that show lag. Those of others are left out. */
  commit(offsets: readonly Offset[]): Promise<void>
  /** Leaves the group, so that others have its partitions at once. */
  close(): Promise<void>
}

const times = {
  /** Others have the partitions of a killed member so much later: the least that brokers allow by default. */
  sessionTimeout: 6_000,
  heartbeatInterval: 1_000,
  rebalanceTimeout: 15_000,
  retryDelay: 200,
}
const joinMs = 2 * times.rebalanceTimeout
const rejoinMs = 500
const leaveMs = 2_000

/**
 * Joins a consumer group by the classic protocol, and comes back into it whatever happens to the broker.
 * @param options.instance the name of this process in the group (KIP-345); two at a time would put each other out
 * @param options.changed called when the assignments may have changed
 */
export function joinGroup(options: {
  connection: KafkaConnection
  group: string
  instance: string
  topics: readonly string[]
  changed: () => void
  trouble: Trouble
}): GroupMember {
  const { connection, group, instance, topics, changed, trouble } = options
  const closing = new AbortController()
  let assignments: readonly Assignment[] = []
  let consumer = newConsumer()

  function newConsumer(): Consumer {
    return new Consumer({
      ...clientOptions(connection),
      ...times,
      groupId: group,
      groupInstanceId: instance,
    })
  }

  /** One membership, from the joining to its end; resolves with what ended it. */
  async function belong(): Promise<unknown> {
    const ended = Promise.withResolvers<unknown>()
    consumer.on('consumer:group:join', (joined) => {
      assignments = joined.assignments ?? []
      changed()
    })
    // After a rejoin that failed, or heartbeats that nobody answers, the client would not try again by itself.
    consumer.on('error', ended.resolve)
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => ended.resolve(lastError))
    consumer.topics.trackAll(...topics)
    await within(joinMs, 'Joining', consumer.joinGroup({})).catch(ended.resolve)
    return ended.promise
  }

  async function stay(): Promise<void> {
    for (;;) {
      const cause = await belong()
      if (closing.signal.aborted) return
      trouble(cause, rejoinMs)
      await leave()
      await pause(rejoinMs, undefined, { signal: closing.signal }).catch(() => {})
      if (closing.signal.aborted) return
      consumer = newConsumer()
    }
  }

  async function leave(): Promise<void> {
    // Closing alone does not end a membership: a join that is under way would go on with heartbeats for ever.
    await within(leaveMs, 'Leaving', consumer.leaveGroup(true)).catch(() => {})
    await consumer.close(true).catch(() => {})
  }

  void stay()
  return {
    assignments: () => assignments,
    commit: async (offsets) => {
      const own = new Map(assignments.map(({ topic, partitions }) => [topic, new Set(partitions)]))
      await consumer.commit({
        offsets: offsets
          .filter(({ source, partition }) => own.get(source)?.has(partition))
          .map(({ source, partition, next }) => ({
            topic: source,
            partition,
            offset: BigInt(next),
            leaderEpoch: -1,
          })),
      })
    },
    close: async () => {
      closing.abort()
      await leave()
    },
  }
}

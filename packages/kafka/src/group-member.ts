import { setTimeout as pause } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import type { Offset } from '@waybill/core'
import { assignPartitions } from './assign-partitions.ts'
import { topicsIn } from './kafka-brokers.ts'
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
  /** Its partitions; the same array as long as nobody has said otherwise, so also while the group divides them anew. */
  assignments(): readonly Assignment[]
  /** Tells the group how far partitions are handled, for tools that show lag. Those of others are left out. */
  commit(offsets: readonly Offset[]): Promise<void>
  /** Leaves the group, so that others have its partitions at once. */
  close(): Promise<void>
}

const times = {
  /** Others have the partitions of a killed member so much later: the least that brokers allow by default. */
  sessionTimeout: 6_000,
  /** Members hear so much later that others come or go, twice until a partition is handed over. */
  heartbeatInterval: 500,
  rebalanceTimeout: 15_000,
  retryDelay: 200,
}
/** The group goes on without a member that hands over no sooner; its session must last longer. */
const handOverMs = 3_000
const joinMs = 2 * times.rebalanceTimeout
const rejoinMs = 500
const leaveMs = 2_000
/** Topics that were missing are looked for so often. */
const lookEveryMs = 5_000
const nothing: readonly Assignment[] = []
const noMetadata = Buffer.alloc(0)

/**
 * Joins a consumer group by the classic protocol, and comes back into it whatever happens to the broker. The group
 * divides its partitions cooperatively: those that stay are never taken away, and those that go are first let go by
 * their member and then given to another.
 * @param options.instance the name of this process in the group (KIP-345); two at a time would put each other out
 * @param options.changed called when the assignments may have changed
 * @param options.handOver resolves when partitions that are no longer assigned may go to others
 */
export function joinGroup(options: {
  connection: KafkaConnection
  group: string
  instance: string
  topics: readonly string[]
  changed: () => void
  handOver: () => Promise<void>
  trouble: Trouble
}): GroupMember {
  const { connection, group, instance, topics, changed, handOver, trouble } = options
  const closing = new AbortController()
  let consumer = newConsumer()
  let joining: Promise<unknown> = Promise.resolve()

  function newConsumer(): Consumer {
    return new Consumer({
      ...clientOptions(connection),
      ...times,
      groupId: group,
      groupInstanceId: instance,
      protocols: [{ name: 'cooperative-sticky', version: 3 }],
      partitionAssigner: assignPartitions,
      // Asked for before each join, and the one thing for which the client waits then: the join tells the group which
      // partitions this member has let go.
      protocolsMetadata: async () => {
        await within(handOverMs, 'Handing over', handOver()).catch((cause) => trouble(cause, 0))
        return noMetadata
      },
    })
  }

  /** One membership, from the joining to its end; resolves with what ended it. */
  async function belong(): Promise<unknown> {
    const ended = Promise.withResolvers<unknown>()
    consumer.on('consumer:group:join', changed)
    consumer.on('consumer:group:rebalance', changed)
    // After a rejoin that failed, or heartbeats that nobody answers, the client would not try again by itself.
    consumer.on('error', ended.resolve)
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => ended.resolve(lastError))
    closing.signal.addEventListener('abort', ended.resolve)
    const used = consumer
    joining = within(joinMs, 'Joining', join(used)).catch(ended.resolve)
    const looking = setInterval(async () => {
      // One that came since is only divided when the group is joined anew.
      const isComplete = used.topics.size === 0 || used.topics.size === topics.length
      if (!isComplete && (await existing(used)).length > used.topics.size)
        ended.resolve(new Error('A topic is new'))
    }, lookEveryMs)
    return ended.promise.finally(() => {
      clearInterval(looking)
      closing.signal.removeEventListener('abort', ended.resolve)
    })
  }

  /** Joins for the topics that are there: for one that is not, the client would not let the group have any. */
  async function join(used: Consumer): Promise<void> {
    const found = await existing(used)
    if (closing.signal.aborted) return
    if (found.length === 0) throw new Error(`There is none of the topics ${topics.join(', ')}`)
    used.topics.trackAll(...found)
    await used.joinGroup({})
  }

  async function existing(used: Consumer): Promise<readonly string[]> {
    const found = await topicsIn(used, topics).catch(() => undefined)
    // Whatever is wrong, joining says it.
    return found === undefined ? topics : [...found.keys()]
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
    // Who has yet to be let in can't leave: the others would wait until its session ends.
    await within(leaveMs, 'Joining', joining).catch(() => {})
    // Closing alone does not end a membership: a join that is under way would go on with heartbeats for ever.
    await within(leaveMs, 'Leaving', Promise.resolve(consumer.leaveGroup())).catch(() => {})
    await consumer.close(true).catch(() => {})
  }

  void stay()
  return {
    assignments: () => consumer.assignments ?? nothing,
    commit: async (offsets) => {
      // While it joins, a commit would make the client join once more.
      if (!consumer.isActive()) return
      const own = new Map(
        (consumer.assignments ?? nothing).map(({ topic, partitions }) => [topic, new Set(partitions)]),
      )
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

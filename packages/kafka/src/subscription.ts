import type { Log, Offset, Subscription } from '@waybill/core'
import { backlog } from './backlog.ts'
import { bell } from './bell.ts'
import type { Reading } from './fetched.ts'
import { createFetcher } from './fetcher.ts'
import { type Assignment, joinGroup } from './group-member.ts'
import { inHand } from './in-hand.ts'
import type { KafkaConnection } from './kafka-connection.ts'
import { lagMarks } from './lag-marks.ts'
import type { Trouble } from './trouble.ts'

/** A subscription that also wants to hear how far its reader has come. */
export interface KafkaSubscription extends Subscription {
  /** These positions are saved: tools may show them, and partitions that others wait for may go. */
  saved(offsets: readonly Offset[]): void
}

/**
 * Joins a group and reads what the group assigns to this member. Positions are the reader's: it is asked for them
 * whenever a partition is assigned. Those that Kafka keeps are never read.
 */
export function subscribe(options: {
  connection: KafkaConnection
  group: string
  instance: string
  topics: readonly string[]
  from: Parameters<Log['subscribe']>[0]['from']
  trouble: Trouble
}): KafkaSubscription {
  const { from } = options
  const { ring, wait } = bell()
  const arrived = backlog()
  const taken = inHand()
  const member = joinGroup({
    ...options,
    changed: ring,
    handOver: () => taken.onlyOf(isOurs),
  })
  const marks = lagMarks(member)
  const fetcher = createFetcher({
    ...options,
    answered: (fetched) => {
      arrived.add(fetched.filter(({ reading }) => isRead(reading)))
      ring()
    },
    ended: (error) => {
      broken = error
    },
  })
  /** By topic and partition. */
  const readings = new Map<string, Reading>()
  /** The assignments that they follow from; `undefined`: none, they are to be made anew. */
  let followed: readonly Assignment[] | undefined
  let broken: Error | undefined
  let interrupted = false
  let closing: Promise<void> | undefined

  /** An answer may be about a partition that others have now, or that is read from elsewhere since a reset. */
  function isRead(reading: Reading): boolean {
    return readings.get(nameOf(reading)) === reading
  }

  function isOurs({ source, partition }: Pick<Offset, 'source' | 'partition'>): boolean {
    return member
      .assignments()
      .some(({ topic, partitions }) => topic === source && partitions.includes(partition))
  }

  async function follow(assignments: readonly Assignment[]): Promise<void> {
    const assigned = assignments.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    const names = new Set(assigned.map(nameOf))
    for (const name of readings.keys()) if (!names.has(name)) readings.delete(name)
    arrived.keep(isRead)

    followed = assignments
    const fresh = assigned.filter((partition) => !readings.has(nameOf(partition)))
    try {
      const saved = await Promise.all(fresh.map(({ topic, partition }) => from(topic, partition)))
      // Unless all has changed meanwhile.
      if (followed !== assignments) return
      for (const [n, partition] of fresh.entries()) {
        readings.set(nameOf(partition), { ...partition, next: saved[n]?.next ?? 0 })
      }
    } catch (cause) {
      followed = undefined
      throw cause
    }
  }

  async function close(): Promise<void> {
    taken.dropped()
    ring()
    await marks.close()
    await Promise.all([member.close(), fetcher.close()])
  }

  return {
    poll: async (max) => {
      while (!interrupted && closing === undefined) {
        if (broken !== undefined) throw broken
        const assignments = member.assignments()
        if (followed !== assignments) {
          await follow(assignments)
          continue
        }
        const poll = arrived.take(max)
        if (poll !== undefined) {
          taken.given(poll.messages)
          return poll
        }
        void fetcher.ask([...readings.values()])
        await wait()
      }
      interrupted = false
      return { messages: [], next: [] }
    },
    saved: (offsets) => {
      taken.saved(offsets)
      marks.saved(offsets)
    },
    reset: async () => {
      taken.dropped()
      readings.clear()
      arrived.keep(isRead)
      followed = undefined
      interrupted = true
      ring()
    },
    close: () => (closing ??= close()),
  }
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`
}

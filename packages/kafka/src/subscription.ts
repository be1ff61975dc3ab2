import type { Log, Offset, Poll, Subscription } from '@waybill/core'
import { backlog } from './backlog.ts'
import { bell } from './bell.ts'
import type { Brokers } from './brokers.ts'
import { createFetcher } from './fetcher.ts'
import type { Assignment, GroupMember } from './group-member.ts'
import { inHand } from './in-hand.ts'
import { lagMarks } from './lag-marks.ts'
import { fetchedPortion } from './portion.ts'
import { nameOf, offsetOf, type Reading, readingFrom } from './reading.ts'
import { createRecovery, type Halted, type HaltedReport } from './recovery.ts'
import type { EventTable } from './refill.ts'
import type { Trouble } from './trouble.ts'

/** A subscription that also wants to hear how far its reader has come. */
export interface KafkaSubscription extends Subscription {
  /**
   * These positions are saved: tools may show them, partitions that others wait for may go, and those whose log begins
   * anew are read on.
   */
  saved(offsets: readonly Offset[]): void
  /** Partitions of this member of which nothing more is read. */
  halted(): readonly Halted[]
}

/**
 * Joins a group and reads what the group assigns to this member. Positions are the reader's: it is asked for them
 * whenever a partition is assigned. Those that Kafka keeps are never read.
 * @param options.system whose services publish
 * @param options.join joins the group: told that assignments may have changed, and asked whether partitions may go
 * @param options.tables the tables of all that publish to a topic
 */
export function subscribe(options: {
  system: string
  brokers: Brokers
  join: (told: { changed: () => void; handOver: () => Promise<void> }) => GroupMember
  from: Parameters<Log['subscribe']>[0]['from']
  tables: (topic: string) => readonly EventTable[]
  halted: HaltedReport
  trouble: Trouble
}): KafkaSubscription {
  const { system, brokers, join, from, trouble } = options
  const { ring, wait } = bell()
  const arrived = backlog()
  const taken = inHand()
  const member = join({ changed: ring, handOver: () => taken.onlyOf(isOurs) })
  const marks = lagMarks(member)
  /** By topic and partition. */
  const readings = new Map<string, Reading>()
  /** Nothing is saved yet that says which topic they are of. */
  const unmarked = new Set<Reading>()
  /** The assignments that they follow from; `undefined`: none, they are to be made anew. */
  let followed: readonly Assignment[] | undefined
  let emptied = Promise.withResolvers<void>()
  let interrupted = false
  let closing: Promise<void> | undefined

  const recovery = createRecovery({
    ...options,
    isRead,
    isHeld: ({ topic, partition }) => isOurs({ source: topic, partition }),
    give: async (portions) => {
      arrived.add(portions)
      ring()
      while (!arrived.isEmpty() && closing === undefined) await emptied.promise
    },
    settled: async ({ topic, partition }) => {
      while (!arrived.isEmpty() && closing === undefined) await emptied.promise
      await taken.onlyOf((one) => one.source !== topic || one.partition !== partition)
    },
    again: (reading, saved) => {
      if (isRead(reading)) begin(reading, saved)
      recovery.changed()
      ring()
    },
    goOn: ring,
  })
  const fetcher = createFetcher({
    brokers,
    answered: (fetched, well) => {
      arrived.add(
        fetched.filter(({ reading }) => isFetched(reading)).map((one) => fetchedPortion(one, system)),
      )
      recovery.well(well)
      ring()
    },
    lost: (losses) => recovery.lost(losses),
    trouble,
  })

  /** What comes may be about a partition that others have now, or that is read from elsewhere since a reset. */
  function isRead(reading: Reading): boolean {
    return readings.get(nameOf(reading)) === reading
  }

  function isFetched(reading: Reading): boolean {
    return isRead(reading) && !recovery.isResting(reading)
  }

  function isOurs({ source, partition }: Pick<Offset, 'source' | 'partition'>): boolean {
    return member
      .assignments()
      .some(({ topic, partitions }) => topic === source && partitions.includes(partition))
  }

  function begin(
    { topic, partition }: Pick<Reading, 'topic' | 'partition'>,
    saved: Offset | undefined,
  ): void {
    const reading = readingFrom(topic, partition, saved)
    readings.set(nameOf(reading), reading)
    if (!reading.isMarked) unmarked.add(reading)
  }

  /** Forgets what came of partitions that are not read any more. */
  function forget(): void {
    for (const reading of unmarked) if (!isRead(reading)) unmarked.delete(reading)
    arrived.keep(isRead)
    recovery.changed()
    tellEmptied()
  }

  function tellEmptied(): void {
    if (!arrived.isEmpty() && closing === undefined) return
    emptied.resolve()
    emptied = Promise.withResolvers()
  }

  async function follow(assignments: readonly Assignment[]): Promise<void> {
    const assigned = assignments.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    const names = new Set(assigned.map(nameOf))
    for (const name of readings.keys()) if (!names.has(name)) readings.delete(name)
    forget()

    followed = assignments
    const fresh = assigned.filter((partition) => !readings.has(nameOf(partition)))
    try {
      const saved = await Promise.all(fresh.map(({ topic, partition }) => from(topic, partition)))
      // Unless all has changed meanwhile.
      if (followed !== assignments) return
      for (const [n, partition] of fresh.entries()) begin(partition, saved[n])
    } catch (cause) {
      followed = undefined
      throw cause
    }
  }

  /**
   * Also says where partitions begin of which nothing came yet: should their topic be made anew before something does,
   * that can only be noticed if it is saved which topic they are of.
   */
  function marked(poll: Poll): Poll {
    if (unmarked.size === 0) return poll
    const known = new Set(poll.next.map(({ source, partition }) => nameOf({ topic: source, partition })))
    const begun: Offset[] = []
    for (const reading of unmarked) {
      if (reading.topicId === undefined || !isFetched(reading)) continue
      if (!known.has(nameOf(reading)) && arrived.has(reading)) continue
      unmarked.delete(reading)
      if (!known.has(nameOf(reading))) begun.push(offsetOf(reading))
    }
    return { ...poll, next: [...poll.next, ...begun] }
  }

  async function close(): Promise<void> {
    taken.dropped()
    recovery.close()
    tellEmptied()
    ring()
    await marks.close()
    await Promise.all([member.close(), fetcher.close()])
  }

  return {
    poll: async (max) => {
      while (!interrupted && closing === undefined) {
        const assignments = member.assignments()
        if (followed !== assignments) {
          await follow(assignments)
          continue
        }
        const poll = arrived.take(max)
        tellEmptied()
        if (poll !== undefined) {
          taken.given(poll.messages)
          return marked(poll)
        }
        void fetcher.ask([...readings.values()].filter(isFetched))
        await wait()
      }
      interrupted = false
      return { messages: [], next: [] }
    },
    saved: (offsets) => {
      taken.saved(offsets)
      marks.saved(offsets)
      recovery.saved(offsets)
    },
    reset: async () => {
      taken.dropped()
      readings.clear()
      forget()
      followed = undefined
      interrupted = true
      ring()
    },
    halted: recovery.halted,
    close: () => (closing ??= close()),
  }
}

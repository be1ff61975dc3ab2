import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import type { Brokers, PartitionAnswer, PartitionAsk, TopicState } from './brokers.ts'
import { type Fetched, fetchedIn } from './fetched.ts'
import { type Loss, refillMs } from './loss.ts'
import { isAt, nameOf, type Position, type Reading } from './reading.ts'
import type { Trouble } from './trouble.ts'
import { within } from './within.ts'

/** Reads partitions from where it is told, whatever group there is. */
export interface Fetcher {
  /** Asks the brokers that lead these partitions, except those that have yet to answer; does not wait for them. */
  ask(readings: readonly Reading[]): Promise<void>
  close(): Promise<void>
}

/** Whatever is found out about a partition is said with where it was read then. */
type Asked = Pick<Loss, 'reading' | 'at'>
type Topics = ReadonlyMap<string, TopicState>

/** A broker that says nothing for so long is taken for dead. */
const answerMs = 15_000
/** What an answer may bring, as it is on the wire: parsed at a time, which takes about 10 ms. */
export const bytesMax = 1024 * 1024
/** What it should come to unpacked: what packs very well must not fill the memory. */
const unpackedBytesMax = 8 * 1024 * 1024
/** Of one partition in one answer, as a part of the whole. */
export const partitionPart = 4
/** The topics are not as they were remembered: nothing that a person has to hear of, when it passes. */
const passing = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INCONSISTENT_TOPIC_ID',
])

/**
 * @param options.answered called after each request with what it brought, also with nothing, and with the partitions of
 *   which all is well
 * @param options.lost called with partitions that can't be read on as they are
 */
export function createFetcher(options: {
  brokers: Brokers
  answered: (fetched: readonly Fetched[], well: readonly Reading[]) => void
  lost: (losses: readonly Loss[]) => void
  trouble: Trouble
}): Fetcher {
  const { brokers, answered, lost, trouble } = options
  const closing = new AbortController()
  /** Leaders that have yet to answer. */
  const busy = new Set<number>()
  /** Partitions with which something is wrong: left alone for a while, that the others may go on. */
  const aside = new WeakMap<Reading, { readonly failures: number; isOver: boolean }>()
  /** Partitions that are out of range though their offset is there: once may be chance. */
  const suspects = new WeakSet<Reading>()
  let lookingUp = false
  /** Something may be wanted that the look-up under way knows nothing of. */
  let askedSince = false
  /** As it was last asked for: while a look-up is under way, partitions may have come or gone. */
  let wanted: readonly Reading[] = []
  let failures = 0
  let maxBytes = bytesMax

  /** After a failure it resolves with nothing, and only after a pause. */
  async function patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await within(answerMs, 'An answer', work())
      failures = 0
      return result
    } catch (cause) {
      if (!closing.signal.aborted) {
        failures += 1
        const delayMs = backoffMs(failures)
        trouble(cause, delayMs)
        brokers.reopen()
        await pause(delayMs, undefined, { signal: closing.signal }).catch(() => {})
      }
      return undefined
    }
  }

  function setAside(readings: readonly Reading[], cause: unknown, isTold = true): void {
    const failures = Math.max(...readings.map((reading) => aside.get(reading)?.failures ?? 0)) + 1
    const delayMs = backoffMs(failures)
    const state = { failures, isOver: false }
    for (const reading of readings) aside.set(reading, state)
    if (isTold || failures > 1) trouble(cause, delayMs)
    pause(delayMs, undefined, { signal: closing.signal, ref: false }).then(
      () => {
        // Not by the clock: a timer may be early by it, and nobody would be told a second time.
        state.isOver = true
        answered([], [])
      },
      () => {},
    )
  }

  function isAside(reading: Reading): boolean {
    return aside.get(reading)?.isOver === false
  }

  /** Those that can be fetched, from the topics as they are now; of the others is told what is wrong. */
  async function checked(readings: readonly Reading[], found: Topics): Promise<readonly Reading[]> {
    const losses: Loss[] = []
    const fit: Reading[] = []
    for (const reading of readings) {
      const { topic, partition, topicId } = reading
      const state = found.get(topic)
      if (state === undefined) continue
      reading.topicId ??= state.id
      const at = { ...reading }
      if (state.partitions[partition] === undefined) {
        const found = `it has only ${state.partitions.length} partitions now`
        const { length: partitions } = state.partitions
        losses.push({ reading, at, kind: 'gone', found, resume: undefined, partitions })
      } else if (reading.topicId !== state.id) {
        const found = `another topic of that name is there now: ${state.id} instead of ${topicId}`
        losses.push(await lossOf({ reading, at }, state, 'recreated', found))
      } else fit.push(reading)
    }
    if (losses.length > 0) lost(losses)
    return fit
  }

  /** Of a log that is not the one that was read all may be new that is young enough. */
  async function lossOf(
    { reading, at }: Asked,
    state: TopicState,
    kind: Loss['kind'],
    found: string,
    known: Partial<Position> = {},
  ): Promise<Loss> {
    const { topic, partition } = reading
    const next = known.next ?? (await brokers.offset(topic, partition, { since: Date.now() - refillMs }))
    const resume = { topicId: state.id, epoch: -1, ...known, next }
    return { reading, at, kind, found, resume, partitions: state.partitions.length }
  }

  async function askLeader(leader: number, readings: readonly Reading[], found: Topics): Promise<void> {
    if (busy.has(leader)) return
    busy.add(leader)
    const asks = readings.map((reading) => askFor(reading, found.get(reading.topic)!))
    const isStill = (reading: Reading): boolean => isAt(reading, asks[readings.indexOf(reading)]!)
    const answers = await patiently(() => fetch(leader, readings, asks, found))
    busy.delete(leader)
    const fetched = (answers?.fetched ?? []).filter(({ reading }) => isStill(reading))
    // Not before: an answer that comes too late is passed over.
    for (const { reading, next, epoch } of fetched) Object.assign(reading, { next, epoch })
    answered(fetched, answers?.well ?? [])
  }

  async function fetch(
    leader: number,
    readings: readonly Reading[],
    asks: readonly PartitionAsk[],
    found: Topics,
  ): Promise<{ fetched: readonly Fetched[]; well: readonly Reading[] }> {
    const partitionMaxBytes = Math.ceil(maxBytes / partitionPart)
    const answers = await brokers.fetch(leader, asks, { maxBytes, partitionMaxBytes })
    const byId = new Map(
      readings
        .map((reading, n) => [`${asks[n]!.topicId}/${reading.partition}`, { reading, at: asks[n]! }] as const)
        .filter(([, { reading, at }]) => isAt(reading, at)),
    )
    const unwell = new Set<Reading>()
    const losses: Loss[] = []
    const fetched: Fetched[] = []
    for (const answer of answers) {
      const asked = byId.get(`${answer.topicId}/${answer.partition}`)
      if (asked === undefined) continue
      const { reading } = asked
      if (answer.error === undefined && answer.diverging === undefined) {
        const part = fetchedIn(answer, reading)
        if (part !== undefined) fetched.push(part)
        continue
      }
      unwell.add(reading)
      const loss = await examine(asked, found.get(reading.topic)!, answer)
      if (loss !== undefined) losses.push(loss)
    }
    if (losses.length > 0) lost(losses)
    adapt(fetched.reduce((sum, { bytes }) => sum + bytes, 0))
    const well = readings.filter((reading) => !unwell.has(reading))
    for (const reading of well) aside.delete(reading)
    return { fetched, well }
  }

  /** Asks for less after an answer that was large when it was unpacked, and by and by for more again. */
  function adapt(unpacked: number): void {
    if (unpacked > unpackedBytesMax) maxBytes = Math.ceil((maxBytes * unpackedBytesMax) / unpacked)
    else if (unpacked > 0) maxBytes = Math.min(bytesMax, maxBytes * 2)
  }

  /** What is wrong with a partition that was not answered as one would wish; `undefined`: that may pass. */
  async function examine(
    asked: Asked,
    state: TopicState,
    { error, diverging }: PartitionAnswer,
  ): Promise<Loss | undefined> {
    const { reading, at } = asked
    const { next, epoch } = at
    if (diverging !== undefined) {
      const found = `it parted at ${diverging.endOffset} from what was read`
      const known = { next: Math.min(diverging.endOffset, next), epoch: diverging.epoch }
      return lossOf(asked, state, 'truncated', found, known)
    }
    if (error === 'OFFSET_OUT_OF_RANGE') return relocate(asked, state)
    if (passing.has(error!)) brokers.forget()
    const cause = new Error(`${nameOf(reading)} can't be read from ${next} (epoch ${epoch}): ${error}`)
    setAside([reading], cause, !passing.has(error!))
    return undefined
  }

  /** What is before the start of a partition has expired; what is behind its end was never there, or is lost. */
  async function relocate(asked: Asked, state: TopicState): Promise<Loss | undefined> {
    const { reading, at } = asked
    const { topic, partition, isMarked } = reading
    const { next, epoch } = at
    const end = await brokers.offset(topic, partition, 'end')
    if (next > end) return lossOf(asked, state, 'truncated', `it ends at ${end}`)
    const start = await brokers.offset(topic, partition, 'start')
    if (next < start) {
      // Nothing of it was ever read: it begins wherever the log begins.
      if (next > 0 || isMarked)
        return lossOf(asked, state, 'expired', `it begins at ${start}`, { next: start })
      if (isAt(reading, at)) reading.next = start
      return undefined
    }
    if (epoch >= 0 && suspects.has(reading)) {
      return lossOf(asked, state, 'truncated', `no leader of epoch ${epoch} is known to it`)
    }
    suspects.add(reading)
    setAside([reading], new Error(`${nameOf(reading)} is out of range at ${next}`), false)
    return undefined
  }

  async function lookUp(): Promise<void> {
    const names = new Set(wanted.filter((reading) => !isAside(reading)).map(({ topic }) => topic))
    if (names.size === 0) return
    const found = await patiently(async () => {
      const topics = await brokers.topics([...names])
      return {
        topics,
        fit: await checked(
          wanted.filter((reading) => !isAside(reading)),
          topics,
        ),
      }
    })
    if (found === undefined) return answered([], [])
    for (const name of names) {
      if (found.topics.has(name)) continue
      const readings = wanted.filter(({ topic }) => topic === name)
      if (readings.length > 0) setAside(readings, new Error(`There is no topic ${name}`))
    }
    const leaderOf = ({ topic, partition }: Reading): number =>
      found.topics.get(topic)!.partitions[partition]!.leader
    for (const [leader, led] of Map.groupBy(found.fit, leaderOf)) void askLeader(leader, led, found.topics)
  }

  return {
    ask: async (readings) => {
      wanted = readings
      askedSince = true
      if (lookingUp) return
      lookingUp = true
      try {
        while (askedSince) {
          askedSince = false
          await lookUp()
        }
      } finally {
        lookingUp = false
      }
    },
    close: async () => {
      closing.abort()
      await brokers.close()
    },
  }
}

function askFor(
  { topic, partition, next, epoch }: Reading,
  { id: topicId, partitions }: TopicState,
): PartitionAsk {
  return { topic, topicId, partition, next, epoch, leaderEpoch: partitions[partition]!.leaderEpoch }
}

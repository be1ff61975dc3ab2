import { setTimeout as pause } from 'node:timers/promises'
import type { Log, Offset } from '@waybill/core'
import { backoffMs } from './backoff.ts'
import { LogTruncated } from './log-truncated.ts'
import { type Loss, refillMs } from './loss.ts'
import { partitionOf } from './partition-of.ts'
import { filledPortion, type Portion } from './portion.ts'
import { keyOf, type Published } from './read-record.ts'
import { isAt, nameOf, offsetOf, type Position, type Reading } from './reading.ts'
import { eventsSince, type EventTable, type Told } from './refill.ts'
import type { Trouble } from './trouble.ts'

/** A partition of which nothing more is read, until somebody has decided what becomes of it. */
export interface Halted {
  readonly source: string
  readonly partition: number
  readonly cause: Error
}

/** Told once when a partition is halted, and with a `cause` of undefined when it goes on. */
export type HaltedReport = (report: Omit<Halted, 'cause'> & { readonly cause: Error | undefined }) => void

/** What becomes of partitions that can't be read on as they are. They rest meanwhile, and the others go on. */
export interface Recovery {
  /** Partitions that rest are not to be fetched. */
  isResting(reading: Reading): boolean
  lost(losses: readonly Loss[]): void
  /** These were fetched, and all is well with them. */
  well(readings: readonly Reading[]): void
  saved(offsets: readonly Offset[]): void
  /** Of the partitions that are read some are others', or are read from elsewhere. */
  changed(): void
  halted(): readonly Halted[]
  close(): void
}

const lookEveryMs = 5_000

/**
 * Where the tables of all that publish to a topic can be read, what a partition no longer has is given from there, and
 * it is read on from where its log goes on as soon as that is saved. Where there are none, what has expired is told and
 * passed over; a log that is another one halts its partition, until another offset is saved for it.
 * @param options.isRead whether a partition is read, or a reading of it that is no longer so
 * @param options.give has messages taken; resolves when they are
 * @param options.settled resolves when all is saved that was given of a partition
 * @param options.again begins a partition anew from this offset
 */
export function createRecovery(options: {
  tables: (topic: string) => readonly EventTable[]
  isRead: (reading: Reading) => boolean
  isHeld: (partition: Pick<Reading, 'topic' | 'partition'>) => boolean
  give: (portions: readonly Portion[]) => Promise<void>
  settled: (reading: Reading) => Promise<void>
  from: Parameters<Log['subscribe']>[0]['from']
  again: (reading: Reading, saved: Offset | undefined) => void
  goOn: () => void
  halted: HaltedReport
  trouble: Trouble
  lookEveryMs?: number
}): Recovery {
  const { tables, isRead, isHeld, give, settled, from, again, goOn, halted: report, trouble } = options
  const closing = new AbortController()
  const resting = new Set<Reading>()
  /** All of them given, they are read on from there when that is saved. */
  const given = new Map<Reading, Position>()
  /** By topic and partition: so long as nothing of it was fetched. */
  const halts = new Map<string, Halted & { readonly reading: Reading }>()

  function rest(loss: Loss): void {
    resting.add(loss.reading)
  }

  function goOnWith(reading: Reading, { next, topicId, epoch }: Position): void {
    Object.assign(reading, { next, topicId, epoch })
    resting.delete(reading)
    goOn()
  }

  function halt({ reading, at, found }: Loss): void {
    const { topic: source, partition } = reading
    const known = halts.get(nameOf(reading))
    const cause = known?.cause ?? new LogTruncated(source, partition, at.next, found)
    halts.set(nameOf(reading), { source, partition, cause, reading })
    if (known === undefined) report({ source, partition, cause })
  }

  function release({ source, partition }: Halted): void {
    halts.delete(nameOf({ topic: source, partition }))
    report({ source, partition, cause: undefined })
  }

  /** What is missing, from the tables: all of their events, as it can't be told which of them were handled. */
  async function refill(topic: string, losses: readonly Loss[]): Promise<void> {
    const { partitions } = losses[0]!
    const ofPartition = (events: readonly Told[]): ReadonlyMap<number, Told[]> =>
      Map.groupBy(events, ({ event }) => partitionOf(Buffer.from(event.key), partitions))
    for await (const events of eventsSince(patient(tables(topic)), topic, Date.now() - refillMs)) {
      const wanted = losses.filter(({ reading }) => isRead(reading))
      if (wanted.length === 0 || closing.signal.aborted) return
      const parts = ofPartition(events)
      await give(
        wanted.flatMap(({ reading }) => {
          const part = parts.get(reading.partition)
          return part === undefined ? [] : [filledPortion(reading, part.map(toMessage))]
        }),
      )
    }
    await Promise.all(
      losses.map(async ({ reading, resume }) => {
        // What came before is still counted as the old log counts.
        await settled(reading)
        const saved = await from(topic, reading.partition)
        if (!isRead(reading)) return
        // What is saved already would not be saved once more.
        if (isSame(saved, offsetOf({ ...reading, ...resume! }))) return goOnWith(reading, resume!)
        given.set(reading, resume!)
        await give([filledPortion(reading, [], resume)])
      }),
    )
  }

  /** Tables that are away are waited for. */
  function patient(tables: readonly EventTable[]): readonly EventTable[] {
    return tables.map((table) => ({
      service: table.service,
      published: async (...args) => {
        for (let failures = 1; ; failures += 1) {
          try {
            return await table.published(...args)
          } catch (cause) {
            closing.signal.throwIfAborted()
            trouble(cause, backoffMs(failures))
            await pause(backoffMs(failures), undefined, { signal: closing.signal })
          }
        }
      },
    }))
  }

  /** Somebody may have saved another offset for what is halted. */
  async function look(): Promise<void> {
    for (const { reading, source, partition } of halts.values()) {
      const saved = await from(source, partition).catch(() => offsetOf(reading))
      const { next, mark } = offsetOf(reading)
      if (!isRead(reading) || !resting.has(reading)) continue
      const isMark = saved?.mark === mark || (saved?.mark === undefined && !reading.isMarked)
      if ((saved?.next ?? 0) === next && isMark) continue
      again(reading, saved)
    }
  }

  const timer = setInterval(() => void look(), options.lookEveryMs ?? lookEveryMs)
  timer.unref()
  return {
    isResting: (reading) => resting.has(reading),
    lost: (losses) => {
      // Finding it out takes a while: by then it may have been mended.
      const fresh = losses.filter(
        ({ reading, at }) => isRead(reading) && !resting.has(reading) && isAt(reading, at),
      )
      const fills = fresh.filter(
        ({ reading, resume }) => resume !== undefined && tables(reading.topic).length > 0,
      )
      for (const loss of fresh) {
        const { reading, at, kind, resume } = loss
        if (fills.includes(loss)) {
          rest(loss)
          trouble(new Error(`${describe(loss)}: what is missing is read from the tables`), 0)
        } else if (kind === 'expired') {
          trouble(
            new Error(`${describe(loss)}: ${at.next} to ${resume!.next - 1} expired before they were read`),
            0,
          )
          goOnWith(reading, resume!)
        } else {
          rest(loss)
          halt(loss)
        }
      }
      for (const [topic, missing] of Map.groupBy(fills, ({ reading }) => reading.topic)) {
        refill(topic, missing).catch(async (cause: unknown) => {
          if (closing.signal.aborted) return
          // It is begun anew as soon as they are fetched again.
          trouble(cause, lookEveryMs)
          await pause(lookEveryMs, undefined, { ref: false })
          for (const { reading } of missing) resting.delete(reading)
          goOn()
        })
      }
    },
    well: (readings) => {
      if (halts.size === 0) return
      for (const reading of readings) {
        const known = halts.get(nameOf(reading))
        if (known !== undefined && known.reading !== reading && isRead(reading)) release(known)
      }
    },
    saved: (offsets) => {
      for (const [reading, resume] of given) {
        const awaited = offsetOf({ ...reading, ...resume })
        if (!offsets.some((saved) => isSame(saved, awaited))) continue
        given.delete(reading)
        if (isRead(reading)) goOnWith(reading, resume)
      }
    },
    changed: () => {
      for (const reading of resting) {
        if (isRead(reading)) continue
        resting.delete(reading)
        given.delete(reading)
      }
      for (const one of halts.values()) {
        if (!isHeld({ topic: one.source, partition: one.partition })) release(one)
      }
    },
    halted: () => [...halts.values()].map(({ source, partition, cause }) => ({ source, partition, cause })),
    close: () => {
      closing.abort()
      clearInterval(timer)
    },
  }
}

function describe({ reading, at, found }: Loss): string {
  return `${nameOf(reading)} was read up to ${at.next}, but ${found}`
}

function isSame(saved: Offset | undefined, { source, partition, next, mark }: Offset): boolean {
  return (
    saved?.source === source && saved.partition === partition && saved.next === next && saved.mark === mark
  )
}

/** As it would come from the topic. */
function toMessage({ producer, event: { position: _, ...event } }: Told): Published {
  return { producer, event: { ...event, key: keyOf(Buffer.from(event.key)) } }
}

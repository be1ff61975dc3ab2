import { WaybillError } from '../../errors.ts'
import { sizes } from '../../limits.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Message, Poll, Subscription } from '../../ports/log.ts'
import type { Offset } from '../../ports/store.ts'
import { pace, storeAwayMs } from '../pace.ts'
import { signal } from '../signal.ts'
import { type Fence, fenceOf, partitionOf } from './fence.ts'

/** Messages for one batch. */
export interface Taken {
  readonly messages: readonly Message[]
  /** How far the log is handled once these and everything that was taken before are committed. */
  readonly reached: readonly Offset[]
  /** `undefined` where nothing was taken from a log. */
  readonly fence: Fence | undefined
}

/** What the log has brought and no batch has taken yet, and how far each partition is saved. */
export interface Arrivals {
  /** Opens the reading. */
  open(): Promise<void>
  /** Polls until it is closed; resolves then. */
  run(): Promise<void>
  /** At most so many, and about a page in bytes. */
  take(max: number): Taken
  pending(): number
  /** Whether nothing is to be handled, nor anything that needs no handling to be saved as read. */
  isEmpty(): boolean
  /** Whether what was taken within this fence is still this reader's, and may be handled now. */
  isCurrent(fence: Fence, of: Place): boolean
  /** The batch with these offsets is committed. */
  saved(offsets: readonly Offset[]): void
  /** Another process owns what was read: forget it and start from the saved positions. */
  reset(): Promise<void>
  /** Nothing of this partition for so long; then it is read once more from where it is saved. */
  hold(place: Place, ms: number): void
  close(): Promise<void>
}

type Place = Pick<Offset, 'source' | 'partition'>

export interface ArrivalsOptions {
  readonly clock: Clock
  readonly codec: Codec
  /** How busy the process is, from 0 to 1. */
  busy(): number
  /** Opens the reading. @param saved the offsets last saved or asked for, by partition: to be kept up to date */
  subscribe(saved: Map<string, Offset>): Promise<Subscription | undefined>
  /** What is of no concern to the service, such as its own events, is dropped. */
  isWanted(message: Message): boolean
  /** Wakes the loop. */
  ring(): void
  /** What came cannot be read yet. */
  retried(cause: unknown, delayMs: number): void
}

export function arrivals(options: ArrivalsOptions): Arrivals {
  const { clock, codec, busy, subscribe, isWanted, ring, retried } = options
  const positions = new Map<string, Offset>()
  let subscription: Subscription | undefined
  let buffer: Message[] = []
  /** How far each partition was read once everything in the buffer is handled. */
  let read = new Map<string, Offset>()
  /** Whether there is something in `read` of which nothing came into the buffer. */
  let isMerelyRead = false
  let era = {}
  let closed = false
  const held = new Set<string>()
  const taken = signal()

  /** Waits for company, if there is something to save: a poll for each single event costs as much as one for hundreds. */
  async function linger(since: number, got: number): Promise<void> {
    if (got >= pace.companyMin) return
    // Where several come at a time, more are on their way.
    const longestMs = got > 1 ? pace.lingerBusyMs : pace.lingerMs
    const restMs = since + longestMs * busy() - clock.monotonic()
    if (restMs > 0) await sleep(clock, restMs)
  }

  /** The log is away: nothing is lost by waiting for it. */
  async function unavailable(cause: unknown): Promise<Poll> {
    passing(cause)
    await sleep(clock, pace.logAwayMs)
    return { messages: [], next: [] }
  }

  /** Waits until the codec can tell what it can read: what is handed on and not read then never will be. */
  async function learn({ messages }: Poll): Promise<void> {
    if (codec.learn === undefined || messages.length === 0) return
    const payloads = messages.map(({ event }) => event.payload)
    for (let attempt = 1; !closed; attempt += 1) {
      try {
        return await codec.learn(payloads)
      } catch (cause) {
        passing(cause)
        const delayMs = storeAwayMs(attempt)
        retried(cause, delayMs)
        await sleep(clock, delayMs)
      }
    }
  }

  function forget(): void {
    buffer = []
    read = new Map()
    isMerelyRead = false
    era = {}
  }

  const isHeld = (place: Place): boolean => held.size > 0 && held.has(partitionOf(place))

  async function reset(): Promise<void> {
    forget()
    await subscription?.reset()
    forget()
  }

  /** A log may answer from before the position asked for; what is saved is handled. */
  function isFresh(message: Message): boolean {
    return message.position < 0 || message.position >= (positions.get(partitionOf(message))?.next ?? 0)
  }

  function reached(messages: readonly Message[]): Offset[] {
    const left = new Set(buffer.map(partitionOf))
    // Where nothing is left in the buffer, it is handled as far as it was read: also what was filtered out.
    const whole = [...read.values()].filter((offset) => !left.has(partitionOf(offset)))
    return [
      ...whole,
      ...reachedBy(messages, [...read.values()]).filter((offset) => left.has(partitionOf(offset))),
    ]
  }

  /** One poll, and what becomes of it. */
  async function bring(from: Subscription): Promise<void> {
    const since = clock.monotonic()
    const before = era
    const poll = await from.poll(pace.batchMax).catch(unavailable)
    await learn(poll)
    // Meanwhile it may have been forgotten.
    if (closed || era !== before) return
    const wanted = poll.messages.filter((message) => isWanted(message) && !isHeld(message))
    buffer.push(...wanted)
    for (const next of poll.next) if (!isHeld(next)) read.set(partitionOf(next), next)
    for (const gone of poll.gone ?? []) read.delete(partitionOf(gone))
    const isRead = poll.messages.length > 0 || poll.next.length > 0
    if (isRead && wanted.length === 0) isMerelyRead = true
    if (isRead) ring()
    while (buffer.length >= pace.batchMax && !closed) await taken.wait()
    await linger(since, poll.messages.length)
  }

  return {
    open: async () => {
      subscription = await subscribe(positions)
    },
    run: async () => {
      while (!closed && subscription !== undefined) await bring(subscription)
    },
    take: (max) => {
      const messages = buffer.splice(0, fitting(buffer, max))
      isMerelyRead = false
      taken.ring()
      return {
        messages: messages.filter(isFresh),
        reached: reached(messages),
        fence: fenceOf(era, positions),
      }
    },
    pending: () => buffer.length,
    isEmpty: () => buffer.length === 0 && !isMerelyRead,
    isCurrent: (fence, place) => fence.era === era && !isHeld(place),
    saved: (offsets) => {
      for (const offset of offsets) positions.set(partitionOf(offset), offset)
      if (offsets.length > 0) subscription?.saved?.(offsets)
    },
    reset,
    hold: (place, ms) => {
      const name = partitionOf(place)
      held.add(name)
      buffer = buffer.filter((message) => partitionOf(message) !== name)
      read.delete(name)
      clock.timer(ms, () => {
        held.delete(name)
        // What fails of that shows in the next poll.
        if (!closed) void reset().catch(() => {})
      })
    },
    close: async () => {
      closed = true
      taken.ring()
      await subscription?.close()
    },
  }
}

/** How many of these fit into a batch: one at least. */
function fitting(messages: readonly Message[], max: number): number {
  let bytes = 0
  let count = 0
  while (count < max && count < messages.length && bytes < sizes.pageBytesMax) {
    bytes += messages[count]!.event.payload.length
    count += 1
  }
  return count
}

/** @throws what no waiting will mend */
function passing(cause: unknown): void {
  if (!(cause instanceof WaybillError && cause.family === 'retryable')) throw cause
}

/**
 * How far these messages reach, by partition.
 * @param read offsets of the same reading, whose marks they get
 */
export function reachedBy(messages: readonly Message[], read: readonly Offset[]): Offset[] {
  const placed = messages.filter(({ position }) => position >= 0)
  const last = new Map(placed.map((message) => [partitionOf(message), message]))
  const marks = new Map(read.map((offset) => [partitionOf(offset), offset.mark]))
  return [...last].map(([name, { source, partition, position }]) => ({
    source,
    partition,
    next: position + 1,
    mark: marks.get(name),
  }))
}

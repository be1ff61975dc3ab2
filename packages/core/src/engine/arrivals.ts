import { WaybillError } from '../errors.ts'
import { type Clock, sleep } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Message, Poll, Subscription } from '../ports/log.ts'
import type { Offset } from '../ports/store.ts'
import { backoffMs, limits } from './limits.ts'
import { signal } from './signal.ts'

/** What the log has brought and no batch has taken yet, and how far each partition is saved. */
export interface Arrivals {
  /** Polls until it is closed; resolves then. */
  run(): Promise<void>
  take(max: number): Message[]
  pending(): number
  /** How far the log is handled once everything that was taken up to now is committed, these messages last. */
  reached(messages: readonly Message[]): Offset[]
  /** The batch with these offsets is committed. */
  saved(offsets: readonly Offset[]): void
  /** Another process owns what was read: forget it and start from the saved positions. */
  reset(): Promise<void>
  close(): Promise<void>
}

export function arrivals(options: {
  clock: Clock
  subscription: Subscription
  /** The positions last saved or asked for, by partition. */
  positions: Map<string, number>
  codec: Codec
  /** Wakes the loop. */
  ring(): void
  /** What came cannot be read yet. */
  retried(cause: unknown, delayMs: number): void
}): Arrivals {
  const { clock, subscription, positions, codec, ring, retried } = options
  let buffer: Message[] = []
  /** How far each partition was read once everything in the buffer is handled. */
  let read = new Map<string, Offset>()
  let closed = false
  const taken = signal()

  /** Waits for company: a poll for each single event would cost as much as one for hundreds. */
  async function linger(since: number, got: number): Promise<void> {
    if (got >= limits.companyMin) return
    // Where several come at a time, more are on their way.
    const restMs = since + (got > 1 ? limits.lingerBusyMs : limits.lingerMs) - clock.now()
    if (restMs > 0) await sleep(clock, restMs)
  }

  /** The log is away: nothing is lost by waiting for it. */
  async function unavailable(cause: unknown): Promise<Poll> {
    passing(cause)
    await sleep(clock, limits.logAwayMs)
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
        const delayMs = Math.min(backoffMs(attempt), limits.storeAwayMaxMs)
        retried(cause, delayMs)
        await sleep(clock, delayMs)
      }
    }
  }

  return {
    run: async () => {
      while (!closed) {
        const since = clock.now()
        const poll = await subscription.poll(limits.batchMax).catch(unavailable)
        const era = read
        await learn(poll)
        // Meanwhile it may have been forgotten.
        if (closed || read !== era) continue
        buffer.push(...poll.messages)
        for (const next of poll.next) read.set(partitionOf(next), next)
        for (const gone of poll.gone ?? []) read.delete(partitionOf(gone))
        if (poll.messages.length > 0) ring()
        while (buffer.length >= limits.batchMax && !closed) await taken.wait()
        await linger(since, poll.messages.length)
      }
    },
    take: (max) => {
      const messages = buffer.splice(0, max)
      taken.ring()
      // A log may answer from before the position asked for; what is saved is handled.
      return messages.filter((message) => message.position >= (positions.get(partitionOf(message)) ?? 0))
    },
    pending: () => buffer.length,
    reached: (messages) => {
      const left = new Set(buffer.map(partitionOf))
      // Where nothing is left in the buffer, it is handled as far as it was read: also what was filtered out.
      const whole = [...read.values()].filter((offset) => !left.has(partitionOf(offset)))
      return [...whole, ...reachedBy(messages).filter((offset) => left.has(partitionOf(offset)))]
    },
    saved: (offsets) => {
      for (const offset of offsets) positions.set(partitionOf(offset), offset.next)
      if (offsets.length > 0) subscription.saved?.(offsets)
    },
    reset: async () => {
      buffer = []
      read = new Map()
      await subscription.reset()
      buffer = []
      read = new Map()
    },
    close: async () => {
      closed = true
      taken.ring()
      await subscription.close()
    },
  }
}

/** @throws what no waiting will mend */
function passing(cause: unknown): void {
  if (!(cause instanceof WaybillError && cause.family === 'retryable')) throw cause
}

/** How far these messages reach, by partition. */
export function reachedBy(messages: readonly Message[]): Offset[] {
  const last = new Map(messages.map((message) => [partitionOf(message), message]))
  return [...last.values()].map(({ source, partition, position }) => ({
    source,
    partition,
    next: position + 1,
  }))
}

export function partitionOf({ source, partition }: { source: string; partition: number }): string {
  return `${source}/${partition}`
}

import { WaybillError } from '../../errors.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Message, Poll, Subscription } from '../../ports/log.ts'
import type { Offset } from '../../ports/store.ts'
import { pace, storeAwayMs } from '../pace.ts'
import { signal } from '../signal.ts'
import { Backlog, type Place, type Taken } from './backlog.ts'
import { type Fence, partitionOf } from './fence.ts'

/** Reads the log, and lets what it brings wait for a batch. */
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
  const { clock, subscribe, isWanted, ring } = options
  const backlog = new Backlog()
  const taken = signal()
  const state = { isClosed: false }
  let subscription: Subscription | undefined

  async function reset(): Promise<void> {
    backlog.forget()
    await subscription?.reset()
    backlog.forget()
  }

  /** One poll, and what becomes of it. */
  async function bring(from: Subscription): Promise<void> {
    const since = clock.monotonic()
    const { era } = backlog
    const poll = await from.poll(pace.laneMax).catch((cause: unknown) => unavailable(clock, cause))
    await learn(poll, options, state)
    // Meanwhile it may have been forgotten.
    if (state.isClosed || backlog.era !== era) return
    backlog.add(poll, poll.messages.filter(isWanted))
    if (!backlog.isEmpty()) ring()
    while (backlog.size >= pace.laneMax && !state.isClosed) await taken.wait()
    await linger(options, since, poll.messages.length)
  }

  return {
    open: async () => {
      subscription = await subscribe(backlog.saved)
    },
    run: async () => {
      while (!state.isClosed && subscription !== undefined) await bring(subscription)
    },
    take: (max) => {
      taken.ring()
      return backlog.take(max)
    },
    pending: () => backlog.size,
    isEmpty: () => backlog.isEmpty(),
    isCurrent: (fence, place) => backlog.isCurrent(fence, place),
    saved: (offsets) => {
      for (const offset of offsets) backlog.saved.set(partitionOf(offset), offset)
      if (offsets.length > 0) subscription?.saved?.(offsets)
    },
    reset,
    hold: (place, ms) => {
      backlog.hold(place)
      clock.timer(ms, () => {
        backlog.release(place)
        // What fails of that shows in the next poll.
        if (!state.isClosed) void reset().catch(() => {})
      })
    },
    close: async () => {
      state.isClosed = true
      taken.ring()
      await subscription?.close()
    },
  }
}

/** Waits for company, if there is something to save: a poll for each single event costs as much as one for hundreds. */
async function linger({ clock, busy }: ArrivalsOptions, since: number, got: number): Promise<void> {
  if (got >= pace.companyMin) return
  // Where several come at a time, more are on their way.
  const longestMs = got > 1 ? pace.lingerBusyMs : pace.lingerMs
  const restMs = since + longestMs * busy() - clock.monotonic()
  if (restMs > 0) await sleep(clock, restMs)
}

/** The log is away: nothing is lost by waiting for it. */
async function unavailable(clock: Clock, cause: unknown): Promise<Poll> {
  passing(cause)
  await sleep(clock, pace.logAwayMs)
  return { messages: [], next: [] }
}

/** Waits until the codec can tell what it can read: what is handed on and not read then never will be. */
async function learn(
  { messages }: Poll,
  { codec, clock, retried }: ArrivalsOptions,
  state: { readonly isClosed: boolean },
): Promise<void> {
  if (codec.learn === undefined || messages.length === 0) return
  const payloads = messages.map(({ event }) => event.payload)
  for (let attempt = 1; !state.isClosed; attempt += 1) {
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

/** @throws what no waiting will mend */
function passing(cause: unknown): void {
  if (!(cause instanceof WaybillError && cause.family === 'retryable')) throw cause
}

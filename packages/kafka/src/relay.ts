import { setTimeout as pause } from 'node:timers/promises'
import { findErrorBy } from '@platformatic/kafka'
import type { Store, StoredEvent } from '@waybill/core'
import { backoffMs } from './backoff.ts'
import { bell } from './bell.ts'
import { EventTooLarge } from './event-too-large.ts'
import { inRequests, type Outgoing } from './requests.ts'
import type { Trouble } from './trouble.ts'
import { within } from './within.ts'
import type { OutgoingRecord } from './write-record.ts'

/**
 * How far a service's events are published. One process at a time holds it, by a lease: a relay that has lost it may
 * still publish what it has in hand, which is a repetition and does no harm.
 */
export interface RelayPosition {
  /**
   * Takes the lease.
   * @returns the position up to which all is published, 0: nothing; `undefined` while another process has the lease
   */
  load(): Promise<number | undefined>
  /** @returns false, having saved nothing, when another process has saved a position since */
  save(position: number): Promise<boolean>
  /** @returns false when another process has the lease now */
  renew(): Promise<boolean>
  /** Whether other processes commit to the same log, as it was when the lease was last renewed. */
  isShared(): boolean
  /** Gives the lease back, so that another process need not wait for its end. */
  release(): Promise<void>
}

/** Publishes what a service has committed. */
export interface Relay {
  /** There may be something to publish. */
  wake(): void
  /** Publishes what is committed now, if that is quickly done, and ends. */
  stop(): Promise<void>
}

/** As much of the client's producer as it takes. */
export interface RelayProducer {
  /** Resolves when the in-sync replicas have all of it. */
  send(request: { messages: OutgoingRecord[] }): Promise<unknown>
  /** Also ends what is under way. */
  close(force: true): Promise<void>
}

const eventsMax = 1_000
/** There should be no commits but those that wake it: so often it is looked all the same. */
const lookEveryMs = 1_000
/** Commits of other processes are looked for so often, and less and less often while there is nothing. */
const lookForOthersMs = 20
const lookForOthersMaxMs = 160
/** A save is a transaction: so often is enough. What a crash keeps from being saved is published again. */
const saveEveryMs = 250
/** After a request events wait so long for company: a request for each would cost as much as one for hundreds. */
const lingerMsDefault = (): number => 25
/** How long an event that brokers refuse is left alone, after so many attempts. */
const refusedMs = (attempts: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(attempts - 1, 10))
/** The lease must last longer. Whoever does not have it asks for it as often. */
const renewMs = 1_000
const drainMs = 3_000
/** The producer itself gives up earlier. */
const sendMs = 300_000

/**
 * Publishes a service's events in the order of their positions, one awaited request after the other: so the order of
 * each key is unbroken. After a crash, or an answer that was lost, some come again, in the same order.
 * @param options.openProducer called again after each failure, for a fresh one
 * @param options.halted told when an event can't be published, nor anything behind it, and with undefined when it was
 * @param options.lingerMs after a request events wait so long for company; default: 25
 */
export function createRelay(options: {
  store: Pick<Store, 'published' | 'recent'>
  openProducer: () => RelayProducer
  topics: readonly string[]
  position: RelayPosition
  toRecord: (event: StoredEvent) => OutgoingRecord
  halted?: (cause: EventTooLarge | undefined) => void
  trouble: Trouble
  lingerMs?: (() => number) | undefined
}): Relay {
  const { store, openProducer, topics, position: lease, toRecord, halted, trouble } = options
  const { lingerMs = lingerMsDefault } = options
  const { ring, wait } = bell()
  const stopped = new AbortController()
  let producer = openProducer()
  let position: number | undefined
  let saved: number | undefined
  let savedAt = 0
  let sentAt = 0
  let renewedAt = 0
  let lookForMs = lookForOthersMs
  let refused: EventTooLarge | undefined

  async function isRenewed(): Promise<boolean> {
    return isTimeToRenew() ? lease.renew() : true
  }

  function isTimeToRenew(): boolean {
    const isTime = performance.now() > renewedAt + renewMs
    if (isTime) renewedAt = performance.now()
    return isTime
  }

  /** Publishes a portion; resolves with whether there may be more. */
  async function publish(): Promise<boolean> {
    // However often it is woken: without the lease there is nothing else to do.
    if (position === undefined && isTimeToRenew()) position = saved = await lease.load()
    if (position === undefined) return false
    const { events, upTo, atEnd } =
      store.recent(position, topics, eventsMax) ?? (await store.published(position, topics, eventsMax))
    if (events.length > 0) sentAt = performance.now()
    lookForMs = events.length > 0 ? lookForOthersMs : Math.min(2 * lookForMs, lookForOthersMaxMs)
    const outgoing = events.map((event) => ({ event, record: toRecord(event) }))
    for (const request of inRequests(outgoing, refused?.position)) await send(request)
    position = upTo
    const isMine = (await save(upTo)) && (await isRenewed())
    if (!isMine) position = saved = undefined
    return !atEnd
  }

  /** Sends a request, or when it is too large for a broker, its parts. */
  async function send(request: readonly Outgoing[]): Promise<void> {
    const { event, record } = request[0]!
    try {
      const messages = request.map((one) => one.record)
      await within(sendMs, 'A request', producer.send({ messages }))
    } catch (cause) {
      if (!isTooLarge(cause)) throw cause
      if (request.length === 1) throw new EventTooLarge(event, record, cause)
      reopen()
      const half = request.length >> 1
      await send(request.slice(0, half))
      await send(request.slice(half))
      return
    }
    // What is published need not be published again when a later one is refused.
    position = request.at(-1)!.event.position
    if (refused === undefined || position < refused.position) return
    refused = undefined
    halted?.(undefined)
  }

  function reopen(): void {
    void producer.close(true).catch(() => {})
    producer = openProducer()
  }

  /** Nothing can be published behind it. */
  async function waitFor(event: EventTooLarge, attempts: number): Promise<void> {
    if (refused?.position !== event.position) halted?.(event)
    refused = event
    const delayMs = refusedMs(attempts)
    trouble(event, delayMs)
    for (const until = performance.now() + delayMs; performance.now() < until && !stopped.signal.aborted;) {
      const isMine = (await save(position!)) && (await isRenewed())
      if (!isMine) return void (position = saved = undefined)
      await pause(Math.min(renewMs, delayMs), undefined, { signal: stopped.signal }).catch(() => {})
    }
  }

  /**
   * Saves how far all is published, if it is time to, or to end.
   * @returns false when another process has saved a position since
   */
  async function save(upTo: number): Promise<boolean> {
    const isTime = stopped.signal.aborted || performance.now() > savedAt + saveEveryMs
    if (upTo === saved || !isTime) return true
    const isMine = await lease.save(upTo)
    saved = upTo
    savedAt = performance.now()
    return isMine
  }

  async function waitForMore(): Promise<void> {
    const lookMs = position !== undefined && lease.isShared() ? lookForMs : lookEveryMs
    await wait(position === saved ? lookMs : Math.min(lookMs, saveEveryMs))
    const restMs = sentAt + lingerMs() - performance.now()
    if (restMs > 0) await pause(restMs, undefined, { signal: stopped.signal }).catch(() => {})
  }

  async function run(): Promise<void> {
    for (let failures = 0; ;) {
      try {
        const hasMore = await publish()
        failures = 0
        if (hasMore) continue
        if (stopped.signal.aborted && position === saved) return
        await waitForMore()
      } catch (cause) {
        if (stopped.signal.aborted) return
        failures += 1
        reopen()
        try {
          if (cause instanceof EventTooLarge) {
            await waitFor(cause, failures)
            continue
          }
        } catch {
          // Its position could not be saved: as good a reason to wait as any.
        }
        trouble(cause, backoffMs(failures))
        await pause(backoffMs(failures), undefined, { signal: stopped.signal }).catch(() => {})
      }
    }
  }

  const running = run()
  return {
    wake: ring,
    stop: async () => {
      if (stopped.signal.aborted) return
      stopped.abort()
      ring()
      const patience = new AbortController()
      await Promise.race([running, pause(drainMs, undefined, patience).catch(() => {})])
      patience.abort()
      // Ends a request that is still under way.
      await producer.close(true)
      await running
      await lease.release().catch(() => {})
    },
  }
}

function isTooLarge(cause: unknown): boolean {
  return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].some(
    (id) => findErrorBy(cause as Error, 'apiId', id) !== null,
  )
}

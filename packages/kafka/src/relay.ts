import { setTimeout as pause } from 'node:timers/promises'
import type { Store, StoredEvent } from '@waybill/core'
import { backoffMs } from './backoff.ts'
import { bell } from './bell.ts'
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
/** Brokers take a megabyte for one partition of a request, and all of a request may be for the same one. */
const requestBytesMax = 900_000
/** About what a record has besides its payload. */
const headBytes = 600
/** Commits of other processes are looked for so often. */
const lookEveryMs = 1_000
/** A save is a transaction: so often is enough. What a crash keeps from being saved is published again. */
const saveEveryMs = 250
/** After a request events wait so long for company: a request for each would cost as much as one for hundreds. */
const lingerMs = 25
/** The lease must last longer. */
const renewMs = 1_000
const drainMs = 3_000
/** The producer itself gives up earlier. */
const sendMs = 300_000

/**
 * Publishes a service's events in the order of their positions, one awaited request after the other: so the order of
 * each key is unbroken. After a crash, or an answer that was lost, some come again, in the same order.
 * @param options.openProducer called again after each failure, for a fresh one
 */
export function createRelay(options: {
  store: Pick<Store, 'published'>
  openProducer: () => RelayProducer
  topics: readonly string[]
  position: RelayPosition
  toRecord: (event: StoredEvent) => OutgoingRecord
  trouble: Trouble
}): Relay {
  const { store, openProducer, topics, position: lease, toRecord, trouble } = options
  const { ring, wait } = bell()
  const stopped = new AbortController()
  let producer = openProducer()
  let position: number | undefined
  let saved: number | undefined
  let savedAt = 0
  let sentAt = 0
  let renewedAt = 0

  async function isRenewed(): Promise<boolean> {
    if (performance.now() < renewedAt + renewMs) return true
    renewedAt = performance.now()
    return lease.renew()
  }

  /** Publishes a portion; resolves with whether there may be more. */
  async function publish(): Promise<boolean> {
    position ??= saved = await lease.load()
    if (position === undefined) return false
    const { events, upTo, atEnd } = await store.published(position, topics, eventsMax)
    if (events.length > 0) sentAt = performance.now()
    for (const portion of inRequests(events)) {
      await within(sendMs, 'A request', producer.send({ messages: portion.map(toRecord) }))
    }
    position = upTo
    const isMine = (await save(upTo)) && (await isRenewed())
    if (!isMine) position = saved = undefined
    return !atEnd
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
    await wait(position === saved ? lookEveryMs : saveEveryMs)
    const restMs = sentAt + lingerMs - performance.now()
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
        trouble(cause, backoffMs(failures))
        void producer.close(true).catch(() => {})
        producer = openProducer()
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
      if (position !== undefined) await lease.release().catch(() => {})
    },
  }
}

/** Requests of a size that brokers take. An event that is too large for one goes alone, to fail alone. */
function* inRequests(events: readonly StoredEvent[]): Generator<readonly StoredEvent[]> {
  let first = 0
  let bytes = 0
  for (const [n, { payload }] of events.entries()) {
    const size = headBytes + payload.length
    if (bytes > 0 && bytes + size > requestBytesMax) {
      yield events.slice(first, n)
      first = n
      bytes = 0
    }
    bytes += size
  }
  if (first < events.length) yield events.slice(first)
}

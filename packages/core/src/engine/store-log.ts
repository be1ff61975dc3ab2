import type { Clock } from '../ports/clock.ts'
import type { Log, Message, Poll, Subscription } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { signal } from './signal.ts'

/** Commits of this process ring; as there are no others, looking is only for what nobody thought of. */
const lookEveryMsDefault = 1_000

/**
 * The store as log: a service's events table is read in place, so there is no copy, no broker, and nothing that could
 * come twice. A source is a service; it has one partition.
 * @param options.stores those of all services of the system
 * @param options.lookEveryMs how often to look for commits of other processes; default 1,000
 */
export function storeLog(options: {
  stores: ReadonlyMap<string, Store>
  clock: Clock
  lookEveryMs?: number
}): Log {
  const { stores, clock, lookEveryMs = lookEveryMsDefault } = options
  const readers = new Set<Reader>()
  return {
    repeats: false,
    subscribe: async ({ topics, from }) => {
      const names = topics.map(({ name }) => name)
      const reader = await openReader([...stores.values()], names, from, { clock, lookEveryMs }, () =>
        readers.delete(reader),
      )
      readers.add(reader)
      return reader.subscription
    },
    committed: (service, topics) => {
      for (const reader of readers) reader.wake(service, topics)
    },
  }
}

interface Reader {
  readonly subscription: Subscription
  wake(service: string, topics: ReadonlySet<string>): void
}

/** How far one service's log was read, and whether there may be more. */
interface Source {
  readonly store: Store
  next: number
  stale: boolean
}

async function openReader(
  stores: readonly Store[],
  topics: readonly string[],
  from: (source: string, partition: number) => Promise<number>,
  { clock, lookEveryMs }: { clock: Clock; lookEveryMs: number },
  closed: () => void,
): Promise<Reader> {
  const bell = signal()
  let interrupted = false
  let over = false
  let sources = await Promise.all(stores.map((store) => sourceOf(store)))

  async function sourceOf(store: Store): Promise<Source> {
    return { store, next: Math.max(1, await from(store.service, 0)), stale: true }
  }

  async function read(source: Source, max: number): Promise<Poll> {
    source.stale = false
    const found = await source.store.published(source.next - 1, topics, max).catch((cause: unknown) => {
      source.stale = true
      throw cause
    })
    const { events, upTo, atEnd } = found
    const partition = { source: source.store.service, partition: 0 }
    const messages = events.map((event): Message => ({ ...partition, position: event.position, event }))
    source.next = upTo + 1
    if (!atEnd) source.stale = true
    return { messages, next: [{ ...partition, next: source.next }] }
  }

  async function waitForMore(): Promise<void> {
    let looked = false
    const cancel = clock.timer(lookEveryMs, () => {
      looked = true
      bell.ring()
    })
    await bell.wait()
    cancel()
    if (looked) for (const source of sources) source.stale = true
  }

  return {
    wake: (service, committed) => {
      const source = sources.find(({ store }) => store.service === service)
      if (source === undefined || !topics.some((topic) => committed.has(topic))) return
      source.stale = true
      bell.ring()
    },
    subscription: {
      poll: async (max) => {
        while (!interrupted && !over) {
          const present = sources
          const reads = await Promise.allSettled(
            present.filter((source) => source.stale).map((source) => read(source, max)),
          )
          // What was read before a reset is of another owner's time.
          if (present !== sources) continue
          const polls = reads.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
          const messages = polls.flatMap((poll) => poll.messages)
          if (messages.length > 0) return { messages, next: polls.flatMap((poll) => poll.next) }
          for (const result of reads) if (result.status === 'rejected') throw result.reason
          if (!sources.some((source) => source.stale)) await waitForMore()
        }
        interrupted = false
        return { messages: [], next: [] }
      },
      reset: async () => {
        sources = await Promise.all(stores.map((store) => sourceOf(store)))
        interrupted = true
        bell.ring()
      },
      close: async () => {
        closed()
        over = true
        bell.ring()
      },
    },
  }
}

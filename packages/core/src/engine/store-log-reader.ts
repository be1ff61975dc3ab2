import type { Clock } from '../ports/clock.ts'
import type { Sharing } from '../ports/leases.ts'
import type { Message, Poll, Subscription } from '../ports/log.ts'
import type { PublishedPage, Store } from '../ports/store.ts'
import { member } from './member.ts'
import { signal } from './signal.ts'

/** Commits of other processes that run the same services do not ring: they are looked for this often. */
const lookForOthersMs = 20

/** What one group reads in this process. */
export interface Reader {
  readonly subscription: Subscription
  wake(service: string, topics: ReadonlySet<string>): void
}

/**
 * One service's log, as far as this process reads it. One that goes to another process is first `leaving`: nothing more is
 * read, and when nothing of it is in hand, it is let go.
 */
interface Source {
  readonly store: Store
  next: number
  /** There may be more. */
  stale: boolean
  leaving: boolean
  /** The position after the last event given, until that is saved. */
  inHand: number | undefined
}

export function openReader(options: {
  group: string
  topics: readonly string[]
  /** Of the sources. */
  stores: readonly Store[]
  from: (source: string) => Promise<number>
  clock: Clock
  lookEveryMs: number
  sharing: Sharing | undefined
  closed: () => void
}): Reader {
  const { group, topics, stores, from, clock, sharing, closed } = options
  const bell = signal()
  let lookEveryMs = options.lookEveryMs
  let lookedAt = clock.now()
  let interrupted = false
  let over = false
  let broken: { readonly cause: unknown } | undefined
  /** Which of them are this process's own. */
  let own = new Set(sharing === undefined ? stores.map(({ service }) => service) : [])
  /** By service, once they are begun. */
  let sources = new Map<string, Source>()

  const thingOf = (service: string): string => `log ${group}/${service}`
  const sharer =
    sharing &&
    member({
      leases: sharing.leases,
      clock,
      as: thingOf(sharing.instance),
      of: stores.map(({ service }) => thingOf(service)),
      inHand: () => [...sources.keys()].map(thingOf),
      told: ({ things, others }) => {
        own = new Set(stores.map(({ service }) => service).filter((name) => things.includes(thingOf(name))))
        for (const [name, source] of sources) source.leaving = !own.has(name)
        lookEveryMs = others.length > 0 ? lookForOthersMs : options.lookEveryMs
        bell.ring()
      },
    })
  sharer?.run().catch((cause: unknown) => {
    broken = { cause }
    bell.ring()
  })

  /** Begins what has come to this process, each at its saved position. */
  async function begin(): Promise<void> {
    const begun = sources
    const fresh = stores.filter(({ service }) => own.has(service) && !begun.has(service))
    await Promise.all(
      fresh.map(async (store) => {
        const next = Math.max(1, await from(store.service))
        const source = { store, next, stale: true, leaving: false, inHand: undefined }
        if (own.has(store.service)) begun.set(store.service, source)
      }),
    )
  }

  /** Lets go of what is to leave, once nothing of it is in hand. */
  function letGo(): Poll | undefined {
    const gone = [...sources.values()].filter(({ leaving, inHand }) => leaving && inHand === undefined)
    if (gone.length === 0) return undefined
    for (const { store } of gone) sources.delete(store.service)
    sharer?.ask()
    return { messages: [], next: [], gone: gone.map(partitionOf) }
  }

  async function read(max: number): Promise<Poll | undefined> {
    const present = sources
    const wanted = [...present.values()].filter(({ stale, leaving }) => stale && !leaving)
    const reads = await Promise.allSettled(
      wanted.map((source) => {
        source.stale = false
        return source.store.published(source.next - 1, topics, max)
      }),
    )
    const polls = wanted.flatMap((source, n): Poll | [] => {
      const result = reads[n]!
      // What was read before a reset is of another owner's time.
      if (result.status === 'fulfilled' && present === sources && !source.leaving) {
        return give(source, result.value)
      }
      source.stale = true
      return []
    })
    const messages = polls.flatMap((poll) => poll.messages)
    if (messages.length > 0) return { messages, next: polls.flatMap((poll) => poll.next) }
    for (const result of reads) if (result.status === 'rejected') throw result.reason
    return undefined
  }

  async function waitForMore(): Promise<void> {
    let looked = false
    const cancel = clock.timer(lookedAt + lookEveryMs - clock.now(), () => {
      looked = true
      bell.ring()
    })
    await bell.wait()
    cancel()
    if (!looked) return
    lookedAt = clock.now()
    for (const source of sources.values()) source.stale = true
  }

  async function poll(max: number): Promise<Poll> {
    while (!interrupted && !over) {
      if (broken !== undefined) throw broken.cause
      const gone = letGo()
      if (gone !== undefined) return gone
      await begin()
      const found = await read(max)
      if (found !== undefined) return found
      const isMore = [...sources.values()].some(({ stale, leaving }) => stale && !leaving)
      if (!isMore) await waitForMore()
    }
    interrupted = false
    return { messages: [], next: [] }
  }

  return {
    wake: (service, committed) => {
      const source = sources.get(service)
      if (source === undefined || !topics.some((topic) => committed.has(topic))) return
      source.stale = true
      bell.ring()
    },
    subscription: {
      poll,
      saved: (offsets) => {
        for (const { source: name, next } of offsets) {
          const source = sources.get(name)
          if (source?.inHand === undefined || next < source.inHand) continue
          source.inHand = undefined
          if (source.leaving) bell.ring()
        }
      },
      reset: async () => {
        sources = new Map()
        interrupted = true
        bell.ring()
        sharer?.ask()
      },
      close: async () => {
        closed()
        over = true
        bell.ring()
        await sharer?.stop()
      },
    },
  }
}

function give(source: Source, { events, upTo, atEnd }: PublishedPage): Poll {
  const partition = partitionOf(source)
  source.next = upTo + 1
  if (!atEnd) source.stale = true
  if (events.length > 0) source.inHand = events.at(-1)!.position + 1
  return {
    messages: events.map((event): Message => ({ ...partition, position: event.position, event })),
    next: [{ ...partition, next: source.next }],
  }
}

function partitionOf({ store }: Source): { source: string; partition: number } {
  return { source: store.service, partition: 0 }
}

import type { Clock } from '../../ports/clock.ts'
import type { Sharing } from '../../ports/leases.ts'
import type { Poll, Subscription } from '../../ports/log.ts'
import type { Offset, Store } from '../../ports/store.ts'
import { type Member, member } from '../member.ts'
import { pace } from '../pace.ts'
import { signal, waitAtMost } from '../signal.ts'
import { OwnPartitions } from './own-partitions.ts'
import { type Partition, type Source, take, wish } from './store-log-partition.ts'

/** What one group reads in this process. */
export interface Reader {
  readonly subscription: Subscription
  wake(service: string, topics: ReadonlySet<string>): void
}

export interface ReaderOptions {
  readonly group: string
  /** The services that publish to what is read, each with its topics. */
  readonly publishers: readonly { readonly store: Store; readonly topics: readonly string[] }[]
  from(source: string, partition: number): Promise<Offset | undefined>
  readonly clock: Clock
  readonly lookEveryMs: number
  readonly sharing: Sharing | undefined
  closed(): void
}

export function openReader(options: ReaderOptions): Reader {
  const { from, clock, sharing } = options
  const sources = options.publishers.map((publisher): Source => ({ ...publisher, stale: true }))
  const partitions = new OwnPartitions(sources, sharing !== undefined, from)
  const bell = signal()
  const state: State = {
    lookEveryMs: options.lookEveryMs,
    isInterrupted: false,
    isOver: false,
    broken: undefined,
  }
  const sharer = sharing && sharerOf(sharing, options, partitions, state, bell.ring)
  let lookedAt = clock.monotonic()

  /** What others commit rings nowhere here: it is looked for, however often it rings and however much there is. */
  function lookIfTime(): void {
    if (clock.monotonic() < lookedAt + state.lookEveryMs) return
    lookedAt = clock.monotonic()
    for (const source of sources) source.stale = true
  }

  async function poll(max: number): Promise<Poll> {
    while (!state.isInterrupted && !state.isOver) {
      if (state.broken !== undefined) throw state.broken.cause
      const gone = partitions.letGo()
      if (gone !== undefined) {
        sharer?.ask()
        return gone
      }
      await partitions.begin()
      lookIfTime()
      const found = await readAll(partitions, max)
      if (found !== undefined) return found
      const restMs = lookedAt + state.lookEveryMs - clock.monotonic()
      if (partitions.stale().size === 0) await waitAtMost(clock, bell, Math.max(0, restMs))
    }
    state.isInterrupted = false
    return { messages: [], next: [] }
  }

  return {
    wake: (service, committed) => {
      const source = sources.find(({ store }) => store.service === service)
      if (source === undefined || !source.topics.some((topic) => committed.has(topic))) return
      source.stale = true
      bell.ring()
    },
    subscription: {
      poll,
      saved: (offsets) => {
        if (partitions.saved(offsets)) bell.ring()
      },
      reset: async () => {
        partitions.forget()
        state.isInterrupted = true
        bell.ring()
        sharer?.ask()
      },
      close: async () => {
        options.closed()
        state.isOver = true
        bell.ring()
        await sharer?.stop()
      },
    },
  }
}

interface State {
  lookEveryMs: number
  isInterrupted: boolean
  isOver: boolean
  broken: { readonly cause: unknown } | undefined
}

/** Divides the partitions with the other processes of the group. */
function sharerOf(
  sharing: Sharing,
  { group, clock, lookEveryMs }: ReaderOptions,
  partitions: OwnPartitions,
  state: State,
  ring: () => void,
): Member {
  const thingOf = (name: string): string => `log ${group}/${name}`
  const sharer = member({
    leases: sharing.leases,
    clock,
    as: thingOf(sharing.instance),
    of: partitions.names.map(thingOf),
    inHand: () => partitions.begun.map(thingOf),
    told: ({ things, others }) => {
      const given = new Set(things)
      partitions.give(new Set(partitions.names.filter((name) => given.has(thingOf(name)))))
      state.lookEveryMs = others.length > 0 ? pace.lookForOthersMs : lookEveryMs
      ring()
    },
  })
  sharer.run().catch((cause: unknown) => {
    state.broken = { cause }
    ring()
  })
  return sharer
}

/** Reads what may have something new; `undefined`: there was nothing. */
async function readAll(partitions: OwnPartitions, max: number): Promise<Poll | undefined> {
  const reads = await Promise.allSettled(
    [...partitions.stale()].map(([source, of]) => readSource(source, of, partitions, max)),
  )
  const polls = reads.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  const next = polls.flatMap((poll) => poll.next)
  if (next.length > 0) return { messages: polls.flatMap(({ messages }) => messages), next }
  for (const result of reads) if (result.status === 'rejected') throw result.reason
  return undefined
}

/** Reads a source once for all its partitions: each takes what lies behind its own position. */
async function readSource(
  source: Source,
  of: readonly Partition[],
  partitions: OwnPartitions,
  max: number,
): Promise<Poll> {
  source.stale = false
  const { after, topics } = wish(source, of)
  const page =
    source.store.recent(after, topics, max) ??
    (await source.store.published(after, topics, max).catch((cause: unknown) => {
      source.stale = true
      throw cause
    }))
  const taking = of.filter((one) => partitions.isRead(one))
  const isAll = page.atEnd && taking.length === of.length && topics.length === source.topics.length
  if (!isAll) source.stale = true
  return take(taking, topics, page)
}

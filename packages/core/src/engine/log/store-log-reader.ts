import type { Clock } from '../../ports/clock.ts'
import type { Sharing } from '../../ports/leases.ts'
import type { Poll, Subscription } from '../../ports/log.ts'
import type { Offset, Store } from '../../ports/store.ts'
import { pace } from '../pace.ts'
import { member } from '../member.ts'
import { signal, waitAtMost } from '../signal.ts'
import {
  type Lane,
  laneSource,
  nameOf,
  numbers,
  ofLane,
  type Partition,
  placeOf,
  type Source,
  take,
  wish,
} from './store-log-partition.ts'

/** What one group reads in this process. */
export interface Reader {
  readonly subscription: Subscription
  wake(service: string, topics: ReadonlySet<string>): void
}

export function openReader(options: {
  group: string
  /** The services that publish to what is read, each with its topics. */
  publishers: readonly { readonly store: Store; readonly topics: readonly string[] }[]
  from: (source: string, partition: number) => Promise<Offset | undefined>
  clock: Clock
  lookEveryMs: number
  sharing: Sharing | undefined
  closed: () => void
}): Reader {
  const { group, from, clock, sharing, closed } = options
  const sources = options.publishers.map((publisher): Source => ({ ...publisher, stale: true }))
  const all = sources.flatMap((source) =>
    numbers.map((number) => ({ name: nameOf(source.store.service, number), source, number })),
  )
  const names = all.map(({ name }) => name)
  const bell = signal()
  let lookEveryMs = options.lookEveryMs
  let lookedAt = clock.monotonic()
  let interrupted = false
  let over = false
  let broken: { readonly cause: unknown } | undefined
  /** The names of those that are this process's own. */
  let own = new Set(sharing === undefined ? names : [])
  /** By name, once they are begun. */
  let partitions = new Map<string, Partition>()

  const thingOf = (name: string): string => `log ${group}/${name}`
  const sharer =
    sharing &&
    member({
      leases: sharing.leases,
      clock,
      as: thingOf(sharing.instance),
      of: names.map(thingOf),
      inHand: () => [...partitions.keys()].map(thingOf),
      told: ({ things, others }) => {
        const given = new Set(things)
        own = new Set(names.filter((name) => given.has(thingOf(name))))
        for (const [name, partition] of partitions) partition.leaving = !own.has(name)
        lookEveryMs = others.length > 0 ? pace.lookForOthersMs : options.lookEveryMs
        bell.ring()
      },
    })
  sharer?.run().catch((cause: unknown) => {
    broken = { cause }
    bell.ring()
  })

  /** Begins what has come to this process, each at its saved position. */
  async function begin(): Promise<void> {
    const begun = partitions
    const fresh = all.filter(({ name }) => own.has(name) && !begun.has(name))
    await Promise.all(
      fresh.map(async ({ name, source, number }) => {
        const lanes = await Promise.all(source.topics.map((topic) => laneOf(source, topic, number)))
        if (!own.has(name)) return
        const byTopic = new Map(lanes.map((lane) => [lane.topic, lane]))
        begun.set(name, { name, source, number, lanes: byTopic, leaving: false })
        source.stale = true
      }),
    )
  }

  async function laneOf({ store }: Source, topic: string, number: number): Promise<Lane> {
    const source = laneSource(store.service, topic)
    const saved = await from(source, number)
    const next = Math.max(1, saved?.next ?? 1)
    return { topic, source, next, told: next, inHand: undefined }
  }

  /** Lets go of what is to leave, once nothing of it is in hand. */
  function letGo(): Poll | undefined {
    const gone = [...partitions.values()].filter(
      ({ leaving, lanes }) => leaving && ![...lanes.values()].some(({ inHand }) => inHand !== undefined),
    )
    if (gone.length === 0) return undefined
    for (const { name } of gone) partitions.delete(name)
    sharer?.ask()
    const places = gone.flatMap((one) => [...one.lanes.values()].map((lane) => placeOf(one, lane)))
    return { messages: [], next: [], gone: places }
  }

  /** What is to be read now, by source. */
  function wanted(): ReadonlyMap<Source, readonly Partition[]> {
    return Map.groupBy(
      [...partitions.values()].filter(({ source, leaving }) => source.stale && !leaving),
      ({ source }) => source,
    )
  }

  /** Reads a source once for all its partitions: each takes what lies behind its own position. */
  async function readSource(source: Source, read: readonly Partition[], max: number): Promise<Poll> {
    source.stale = false
    const { after, topics } = wish(source, read)
    const page = await source.store.published(after, topics, max).catch((cause: unknown) => {
      source.stale = true
      throw cause
    })
    // What has left meanwhile, or was read before a reset, is of another owner's time.
    const taking = read.filter((one) => partitions.get(one.name) === one && !one.leaving)
    const isAll = page.atEnd && taking.length === read.length && topics.length === source.topics.length
    if (!isAll) source.stale = true
    return take(taking, topics, page)
  }

  async function read(max: number): Promise<Poll | undefined> {
    const reads = await Promise.allSettled([...wanted()].map(([source, of]) => readSource(source, of, max)))
    const polls = reads.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    const next = polls.flatMap((poll) => poll.next)
    if (next.length > 0) return { messages: polls.flatMap(({ messages }) => messages), next }
    for (const result of reads) if (result.status === 'rejected') throw result.reason
    return undefined
  }

  async function waitForMore(): Promise<void> {
    const over = await waitAtMost(clock, bell, Math.max(0, lookedAt + lookEveryMs - clock.monotonic()))
    if (!over) return
    lookedAt = clock.monotonic()
    for (const source of sources) source.stale = true
  }

  async function poll(max: number): Promise<Poll> {
    while (!interrupted && !over) {
      if (broken !== undefined) throw broken.cause
      const gone = letGo()
      if (gone !== undefined) return gone
      await begin()
      const found = await read(max)
      if (found !== undefined) return found
      if (wanted().size === 0) await waitForMore()
    }
    interrupted = false
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
        for (const { source, partition: number, next } of offsets) {
          const { service, topic } = ofLane(source)
          const partition = partitions.get(nameOf(service, number))
          const lane = partition?.lanes.get(topic)
          if (lane?.inHand === undefined || next < lane.inHand) continue
          lane.inHand = undefined
          if (partition!.leaving) bell.ring()
        }
      },
      reset: async () => {
        partitions = new Map()
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

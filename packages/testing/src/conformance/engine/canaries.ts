import { type Clock, type Log, type Store, WaybillError, type Write } from '@waybill/core'
import type { Closing } from '../case.ts'
import { memoryContext } from '../memory-context.ts'
import { realClock } from '../real-clock.ts'
import { storeBackend } from './backend-context.ts'
import type { EngineContext } from './context.ts'
import { aWrite } from '../store/fixtures.ts'
import { repeatingLog } from './repeating-log.ts'

/** A backend with one defect, which the cases of its group must notice. */
export interface EngineCanary {
  readonly defect: string
  readonly group: string
  open(): EngineContext & Closing
}

type Wraps = { readonly wrapStore?: (store: Store) => Store; readonly wrapLog?: (log: Log) => Log }

function canary(group: string, defect: string, wraps: () => Wraps): EngineCanary {
  return {
    group,
    defect,
    open: () => storeBackend({ ...memoryContext(), clock: realClock, ...wraps() }),
  }
}

/** A defect in what is written. */
function writing(group: string, defect: string, change: (write: Write) => Write): EngineCanary {
  return canary(group, defect, () => ({
    wrapStore: (store) => ({
      ...store,
      transact: (need, decide) =>
        store.transact(need, async (loaded, more) => change(await decide(loaded, more))),
    }),
  }))
}

/** A defect of a store without memory of its own. */
function storing(group: string, defect: string, change: (store: Store) => Partial<Store>): EngineCanary {
  return canary(group, defect, () => ({ wrapStore: (store) => ({ ...store, ...change(store) }) }))
}

/** Time that runs ten times as fast: leases last so long that every case would seem to notice something. */
const fastClock: Clock = {
  now: () => 10 * realClock.now(),
  monotonic: () => 10 * realClock.monotonic(),
  timer: (ms, fire) => realClock.timer(ms / 10, fire),
}

/** A defect in how processes divide their work. */
function dividing(defect: string, change: (store: Store) => Partial<Store>): EngineCanary {
  return {
    group: 'sharing',
    defect,
    open: () =>
      storeBackend({
        ...memoryContext(undefined, fastClock),
        clock: fastClock,
        wrapStore: (store) => ({ ...store, ...change(store) }),
      }),
  }
}

/** Writes the events of every third batch and then says that it could not. */
function halfWriting(store: Store): Partial<Store> {
  let batches = 0
  return {
    transact: async (need, decide) => {
      batches += 1
      if (batches % 3 !== 0) return store.transact(need, decide)
      await store.transact(need, async (loaded, more) => {
        const { events } = await decide(loaded, more)
        return aWrite({ events })
      })
      throw new WaybillError('STORE_UNAVAILABLE', 'It is away.')
    },
  }
}

/** Moves every offset on from wherever it is. */
function careless(store: Store): Partial<Store> {
  return {
    transact: (need, decide) =>
      store.transact(need, async (loaded, more) => {
        const write = await decide(loaded, more)
        const saved = await store.offsets()
        const offsets = write.offsets.map((offset) => {
          const found = saved.find(
            (one) => one.source === offset.source && one.partition === offset.partition,
          )
          return { ...offset, expected: found?.next ?? 0 }
        })
        return { ...write, offsets }
      }),
  }
}

/** A group goes on where it has read last, whatever it has saved. */
function savesWhenItReads(): Wraps {
  const read = new Map<string, number>()
  return {
    wrapLog: (log) => ({
      ...log,
      subscribe: async (options) => {
        const name = (source: string): string => `${options.group} ${source}`
        const subscription = await log.subscribe({
          ...options,
          from: async (source, partition) => {
            const saved = await options.from(source, partition)
            const next = Math.max(saved?.next ?? 0, read.get(name(source)) ?? 0)
            return { source, partition, next }
          },
        })
        return {
          ...subscription,
          poll: async (max) => {
            const poll = await subscription.poll(max)
            for (const { source, next } of poll.next) read.set(name(source), next)
            return poll
          },
        }
      },
    }),
  }
}

/** Backends that are wrong on purpose, at least one for each group of cases. */
export const engineCanaries: readonly EngineCanary[] = [
  writing('commands', 'writes no rows', (write) => ({ ...write, rows: [] })),
  canary('order', 'repeats in secret', () => ({
    wrapLog: (log) => ({ ...repeatingLog(log), repeats: false }),
  })),
  canary('order', 'turns events round that come together', () => ({
    wrapLog: (log) => ({
      ...log,
      subscribe: async (options) => {
        const subscription = await log.subscribe(options)
        return {
          ...subscription,
          poll: async (max) => {
            const { messages, next } = await subscription.poll(max)
            return { messages: messages.toReversed(), next }
          },
        }
      },
    }),
  })),
  writing('parking', 'drops an event that comes behind another', (write) => ({
    ...write,
    park: write.park.filter(({ reason }) => reason !== 'behind'),
  })),
  storing('effects', 'gives a parked event another id', (store) => ({
    due: async (...args) => {
      const due = await store.due(...args)
      const parked = due.parked.map((entry) => ({
        ...entry,
        event: { ...entry.event, id: crypto.randomUUID() },
      }))
      return { ...due, parked }
    },
  })),
  storing('effects', 'gives every number twice', (store) => ({
    nextNumber: async (sequence) => Math.ceil((await store.nextNumber(sequence)) / 2),
  })),
  writing('deadlines', 'forgets deadlines', (write) => ({
    ...write,
    deadlines: write.deadlines.filter(({ recorded }) => recorded),
  })),
  writing('deadlines', 'fires early', (write) => ({
    ...write,
    deadlines: write.deadlines.map((one) => ({ ...one, afterMs: Math.max(0, one.afterMs - 300) })),
  })),
  writing('idempotency', 'keeps no replies', (write) => ({ ...write, replies: [] })),
  storing('past', 'ends a history too late', (store) => ({
    history: (subject, page) => store.history(subject, { ...page, until: undefined }),
  })),
  storing('failures', 'writes half of a batch', halfWriting),
  storing('owners', 'sets offsets without comparing', careless),
  dividing('gives everything to everybody', (store) => ({
    share: async (ask) => ({ ...(await store.share(ask)), things: ask.of }),
  })),
  dividing('gives nothing to those who come later', (store) => ({
    share: (ask) => store.share({ ...ask, inHand: ask.of }),
  })),
  dividing('waits for those who are gone', (store) => ({
    share: (ask) => store.share({ ...ask, forMs: 1_000 * ask.forMs }),
  })),
  canary('crashes', 'saves its position when it reads', savesWhenItReads),
]

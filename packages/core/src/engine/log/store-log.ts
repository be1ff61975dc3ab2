import { emittedBy } from '../../contract/service.ts'
import type { SystemDef } from '../../contract/system.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Store } from '../../ports/store.ts'
import { openReader, type Reader } from './store-log-reader.ts'

/** Commits of this process ring; as there are no others, looking is only for what nobody thought of. */
const lookEveryMsDefault = 1_000

/**
 * The store as log: a service's events table is read in place, so there is no copy, no broker, and nothing that could
 * come twice. A source is a topic of a service; its partitions divide the keys.
 * @param options.stores those of all services of the system
 * @param options.system then a group reads only services that publish to its topics; default: all
 * @param options.lookEveryMs how often to look for commits of other processes; default 1,000
 */
export function storeLog(options: {
  stores: ReadonlyMap<string, Store>
  clock: Clock
  system?: SystemDef
  lookEveryMs?: number
}): Log {
  const { stores, clock, system, lookEveryMs = lookEveryMsDefault } = options
  const readers = new Set<Reader>()

  /** Who publishes to which of these topics; where the system is not known, anyone may. */
  function publishersOf(
    topics: readonly string[],
  ): readonly { readonly store: Store; readonly topics: readonly string[] }[] {
    const all = [...stores.values()].map((store) => {
      const service = system?.services.find(({ name }) => name === store.service)
      const own = service && new Set([...emittedBy(service)].map(({ topic }) => topic?.name))
      return { store, topics: topics.filter((topic) => own?.has(topic) ?? true) }
    })
    return all.filter((publisher) => publisher.topics.length > 0)
  }

  return {
    repeats: false,
    subscribe: async ({ group, topics, from, sharing }) => {
      const reader = openReader({
        group,
        publishers: publishersOf([...new Set(topics.map(({ name }) => name))]),
        from,
        clock,
        lookEveryMs,
        sharing,
        closed: () => readers.delete(reader),
      })
      readers.add(reader)
      return reader.subscription
    },
    committed: (service, topics) => {
      for (const reader of readers) reader.wake(service, topics)
    },
  }
}

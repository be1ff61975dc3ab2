import { type Clock, type MemoryData, memoryData, memoryStore, type Store, WaybillError } from '@waybill/core'
import type { Closing } from './case.ts'
import { realClock } from './real-clock.ts'
import type { StoreContext, StoreNeed } from './store/context.ts'

/** What the context below can do: everything. */
export const memoryHas: readonly StoreNeed[] = ['handles', 'restart', 'interrupt']

/**
 * The memory store under test.
 * @param wrap changes each handle, to see whether the cases notice
 * @param clock the time of leases; default: that of this machine
 */
export function memoryContext(
  wrap: (store: Store) => Store = (store) => store,
  clock: Clock = realClock,
): Required<StoreContext> & Closing {
  const data = new Map<string, MemoryData>()
  let interruptions = 0

  /** Memory has no connections: an interruption makes the batches that are under way fail before their commit. */
  const interruptible = (store: Store): Store => ({
    ...store,
    transact: (need, decide) => {
      const before = interruptions
      return store.transact(need, async (...loaded) => {
        const write = await decide(...loaded)
        if (interruptions > before) throw new WaybillError('STORE_UNAVAILABLE', 'The connection broke.')
        return write
      })
    },
  })

  return {
    open: async (service) => {
      const own = data.get(service.name) ?? memoryData(clock)
      data.set(service.name, own)
      const store = wrap(interruptible(memoryStore(service.name, own)))
      await store.open(service)
      return store
    },
    restart: () => Promise.resolve(),
    interrupt: () => Promise.resolve(void (interruptions += 1)),
    close: () => Promise.resolve(),
  }
}

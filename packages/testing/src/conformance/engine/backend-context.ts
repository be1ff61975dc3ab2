import { type Clock, type Log, type ServiceDef, type Store, storeLog } from '@waybill/core'
import type { Closing } from '../case.ts'
import type { EngineContext } from './context.ts'

/**
 * The stores of the services as store and log of the engine under test.
 * @param options.open opens the store of a service; the same service once more is another handle on the same data.
 *   Closing it ends what it holds, e.g. its connections
 * @param options.wrapStore `wrapLog` change what each process gets, to see whether the cases notice
 */
export function storeBackend(options: {
  open: (service: ServiceDef) => Promise<Store>
  close: () => Promise<void>
  clock: Clock
  wrapStore?: (store: Store) => Store
  wrapLog?: (log: Log) => Log
}): EngineContext & Closing {
  const { open, close, wrapStore = (store) => store, wrapLog = (log) => log } = options
  return {
    clock: options.clock,
    connect: async (system, clock = options.clock) => {
      const stores = new Map<string, Store>()
      for (const service of system.services) stores.set(service.name, wrapStore(await open(service)))
      return {
        stores,
        log: wrapLog(storeLog({ stores, clock, system })),
        close: async () => {
          await Promise.all([...stores.values()].map((store) => store.close()))
        },
      }
    },
    close,
  }
}

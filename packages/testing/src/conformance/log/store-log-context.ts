import { type Clock, type Log, type ServiceDef, service, type Store, storeLog, topic } from '@waybill/core'
import type { Closing } from '../case.ts'
import { aService, write } from '../store/fixtures.ts'
import { closingLog } from './closing-log.ts'
import type { LogContext, Producer } from './context.ts'

/**
 * The stores of two services as the log under test.
 * @param options.open opens the store of a service; the same service once more is another handle on the same data
 * @param options.wrap changes each log, to see whether the cases notice
 */
export async function storeLogContext(options: {
  open: (service: ServiceDef) => Promise<Store>
  close: () => Promise<void>
  clock: Clock
  wrap?: (log: Log) => Log
}): Promise<LogContext & Closing> {
  const { open, close, clock, wrap = (log) => log } = options
  const services = [aService(), aService()] as const
  const logs: (Log & Closing)[] = []

  async function producer({ name }: ServiceDef): Promise<Producer> {
    const store = await open(service(name, {}))
    return {
      service: name,
      topics: [topic(`${name}-a`), topic(`${name}-b`)],
      publish: async (events) => {
        await write(store, { events })
        const topics = new Set(events.flatMap((event) => event.topic ?? []))
        for (const log of logs) log.committed(name, topics)
      },
    }
  }

  return {
    producers: [await producer(services[0]), await producer(services[1])],
    connect: async () => {
      const stores = new Map<string, Store>()
      for (const one of services) stores.set(one.name, await open(one))
      const log = closingLog(wrap(storeLog({ stores, clock })))
      logs.push(log)
      return log
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.close()))
      await close()
    },
  }
}

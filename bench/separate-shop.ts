import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { startShop, type ShopProcesses, type WaybillProcess } from '@waybill/cli/testing'
import { createKafkaLog } from '@waybill/kafka'
import { createPostgresStore, openPostgres, schemaOf } from '@waybill/postgres'
import { demoAccounts } from '@waybill/runtime'
import { shop as shopOf } from '@waybill/shop'
import { checkBooks, eventsIn } from './books.ts'
import { httpClient, HttpFailure } from './http.ts'
import { orderOf, products } from './orders.ts'
import type { BenchShop } from './shop.ts'

/** The shop with each service in a process of its own. */
export interface SeparateShop extends BenchShop {
  /** By service; of a second instance `order-2`. */
  readonly pids: Readonly<Record<string, number>>
  close(): Promise<void>
}

const connections = 256
const againMs = 100
const system = 'shop'

/**
 * Starts it on these servers. Orders come by HTTP from this process, to all gateways in turn; ends are read from the
 * topic of the notifications, as anybody could.
 */
export async function startSeparateShop(
  servers: { readonly postgres: string; readonly kafka: string },
  instances: 1 | 2,
): Promise<SeparateShop> {
  const env = { WAYBILL_STORE: servers.postgres, WAYBILL_LOG: `kafka://${servers.kafka}` }
  const running = await startShop({ env })
  const processes = new Map<string, WaybillProcess>(running.processes)
  if (instances === 2) await startAnotherOfEach(running, processes)

  const [user, admin] = [httpClient(connections), httpClient(connections)]
  await user.login(running.address, demoAccounts[0])
  await admin.login(running.address, demoAccounts[1])
  const { services } = await admin.send(`GET ${running.address}/api/registry`)
  const gateways: string[] = services
    .find(({ service }: { service: string }) => service === 'gateway')
    .instances.map(({ address }: { address: string }) => address)
  const productIds: number[] = await Promise.all(
    products.map(
      async (product) => (await admin.send(`POST ${running.address}/api/products`, product)).productId,
    ),
  )

  const database = openPostgres(servers.postgres, { connections: 1 })
  const { services: definitions } = shopOf({ payments: {} as never, directory: {} as never })
  const stores = definitions.map(({ name }) =>
    createPostgresStore({ database, schema: schemaOf(system, name), service: name }),
  )
  const eventsStored = (): Promise<number> => eventsIn(stores)
  const eventsBefore = await eventsStored()
  const ends = await listenForEnds(servers.kafka)
  let turn = 0

  /** Where a service has no time for it, it is placed again, as its customer would. */
  async function placeOrder(input: object): Promise<string> {
    turn += 1
    try {
      return (await user.send(`POST ${gateways[turn % gateways.length]}/api/orders`, input)).orderId
    } catch (error) {
      if (!(error instanceof HttpFailure && error.status === 503)) throw error
      await pause(againMs)
      return placeOrder(input)
    }
  }

  async function stocks() {
    const own = new Set(productIds)
    const found = []
    for (let cursor = ''; ;) {
      const page = await admin.send(`GET ${running.address}/api/products?limit=100${cursor}`)
      found.push(...page.items.filter(({ productId }: { productId: number }) => own.has(productId)))
      if (page.nextCursor === null) return found.map(({ stock }) => stock)
      cursor = `&cursor=${page.nextCursor}`
    }
  }
  const ledger = () => admin.send(`GET ${running.address}/api/ledger?limit=1`)
  return {
    pids: Object.fromEntries([...processes].map(([name, { pid }]) => [name, pid!])),
    orderInput: (hot) => orderOf(productIds, hot),
    placeOrder,
    onEnd: ends.listen,
    eventsStored,
    checkBooks: (orders, pieces) =>
      checkBooks({ stocks, ledger, eventsStored }, { orders, pieces, eventsBefore }),
    close: async () => {
      user.close()
      admin.close()
      await ends.close()
      await database.close()
      const unclean = await running.stop()
      if (unclean.length > 0) throw new Error(unclean.join('\n'))
    },
  }
}

async function startAnotherOfEach(
  running: ShopProcesses,
  processes: Map<string, WaybillProcess>,
): Promise<void> {
  for (const service of running.processes.keys()) {
    const second = await running.another(service)
    second.start()
    processes.set(`${service}-2`, second)
  }
  await Promise.all([...processes.values()].map((process) => process.ready()))
}

interface Ends {
  listen: BenchShop['onEnd']
  close(): Promise<void>
}

async function listenForEnds(broker: string): Promise<Ends> {
  const { events } = shopOf({ payments: {} as never, directory: {} as never })
  const { topic } = events.get('NotificationEvent')!
  const log = createKafkaLog({ brokers: [broker], clientId: 'bench', system: `bench-${randomUUID()}` })
  const subscription = await log.subscribe({ group: 'ends', topics: [topic!], from: async () => undefined })
  const listeners = new Set<(orderIds: readonly string[]) => void>()
  let closed = false
  const listening = (async () => {
    while (!closed) {
      const { messages } = await subscription.poll(1_000)
      const orderIds = messages.map(({ event }) => event.subject!.split('/')[1]!)
      for (const listener of listeners) listener(orderIds)
    }
  })()
  return {
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      closed = true
      await subscription.close()
      await log.close()
      await listening
    },
  }
}

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { type Caller, type CommandDef, type Engine, isRefusal, systemCaller } from '@waybill/core'
import type { Host } from '@waybill/runtime'
import { checkBooks, eventsIn } from './books.ts'
import { orderOf, products } from './orders.ts'

/** The shop as a benchmark uses it. */
export interface BenchShop {
  /** Two products of many, or always the same one. */
  orderInput(hot: boolean): object
  placeOrder(input: object): Promise<string>
  /** Hears each order whose user was told of its end. The answer ends it. */
  onEnd(listener: (orderIds: readonly string[]) => void): () => void
  /** Rows in the event tables of the services that an order goes through. */
  eventsStored(): Promise<number>
  /** Waits until all is done, then compares stock, the provider's book and the notifications; throws if they differ. */
  checkBooks(orders: number, pieces: number): Promise<void>
}

/** The shop of a host in this process, without HTTP. */
export async function benchShop(host: Host): Promise<BenchShop> {
  const { system, engines, stores } = host.systems[0]!
  const engine = (name: string): Engine => engines.get(name)!
  const commandOf = (service: string, name: string): CommandDef =>
    system.services.find((s) => s.name === service)!.commands.find((c) => c.name === name)!
  const place = commandOf('order', 'place-order')
  const add = commandOf('product', 'add-product')
  const customers = Array.from({ length: 10_000 }, (_, n): Caller => ({
    userId: `customer-${n}`,
    roles: ['user'],
  }))

  const productIds = await Promise.all(
    products.map(async (product) => {
      const added = await engine('product').submit<object, any>(add, product, { caller: systemCaller })
      assert.ok(!added.refused)
      return added.reply.productId as number
    }),
  )
  const query =
    (service: string, name: string) =>
    async (input: object): Promise<any> => {
      const found = system.services.find((s) => s.name === service)!.queries.find((q) => q.name === name)!
      const answer = await engine(service).ask(found, input, systemCaller)
      assert.ok(!isRefusal(answer))
      return answer
    }
  const productQuery = query('product', 'product')
  const eventsStored = (): Promise<number> => eventsIn(stores.values())
  const books = {
    stocks: () => Promise.all(productIds.map(async (productId) => (await productQuery({ productId })).stock)),
    ledger: () => query('payment', 'ledger')({ limit: 1 }),
    eventsStored,
  }
  const eventsBefore = await eventsStored()

  return {
    orderInput: (hot) => orderOf(productIds, hot),
    placeOrder: async (input) => {
      const placed = await engine('order').submit(place, input, {
        caller: customers[randomInt(customers.length)]!,
      })
      assert.ok(!placed.refused)
      return placed.id
    },
    onEnd: (listener) =>
      engine('notification').tail((events) => {
        const told = events.filter(({ type }) => type === 'NotificationEvent')
        if (told.length > 0) listener(told.map(({ data }) => data['orderId'] as string))
      }),
    eventsStored,
    checkBooks: (orders, pieces) => checkBooks(books, { orders, pieces, eventsBefore }),
  }
}

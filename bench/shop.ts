import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { type Caller, type CommandDef, type Engine, isRefusal, type Store, systemCaller } from '@waybill/core'
import type { Host } from '@waybill/runtime'

export const productCount = 1_000

/**
 * What one confirmed order leaves in the services' histories: OrderCreated (order; observed by notification),
 * StockReserved (product; observed by order), PaymentCompleted (payment; observed by order), StockSold (product),
 * NotificationEvent (notification).
 */
const eventsOfAnOrder = 8
const stockOfEach = 1_000_000_000

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

export function piecesOf(hot: boolean): number {
  return hot ? 1 : 2
}

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
    Array.from({ length: productCount }, async (_, n) => {
      const input = { name: `Product ${n}`, price: { amount: 1_500, currency: 'KRW' }, stock: stockOfEach }
      const added = await engine('product').submit<object, any>(add, input, { caller: systemCaller })
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

  const eventsStored = async (): Promise<number> => {
    // Logins are no part of an order.
    const services = [...stores.values()].filter(({ service }) => service !== 'user')
    const heads = await Promise.all(services.map(endOf))
    return heads.reduce((sum, head) => sum + head, 0)
  }
  const eventsBefore = await eventsStored()

  return {
    orderInput: (hot) => {
      const first = hot ? 0 : randomInt(productCount)
      const chosen = hot ? [first] : [first, (first + 1 + randomInt(productCount - 1)) % productCount]
      return {
        orderItems: chosen.map((n) => ({ productId: productIds[n]!, quantity: 1 })),
        shippingAddress: '12 Market Street',
        paymentMethod: 'CREDIT_CARD',
      }
    },
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
    checkBooks: async (orders, pieces) => {
      const expected = { sold: orders * pieces, reserved: 0, sum: 0, events: orders * eventsOfAnOrder }
      const deadline = Date.now() + 30_000
      for (;;) {
        const stocks = await Promise.all(
          productIds.map((productId) => query('product', 'product')({ productId })),
        )
        const total = (part: 'onHand' | 'reserved' | 'sold'): number =>
          stocks.reduce((sum, { stock }) => sum + stock[part], 0)
        const ledger = await query('payment', 'ledger')({ limit: 1 })
        const paid = ledger.balances.find((b: any) => b.account === 'payment-provider')?.balance.amount ?? 0
        const events = (await eventsStored()) - eventsBefore
        const found = { sold: total('sold'), reserved: total('reserved'), sum: ledger.sum.amount, events }
        const same =
          JSON.stringify(found) === JSON.stringify(expected) &&
          paid === orders * pieces * 1_500 &&
          total('onHand') + total('sold') === productCount * stockOfEach
        if (same) return
        if (Date.now() > deadline) {
          assert.deepEqual(
            { ...found, paid },
            { ...expected, paid: orders * pieces * 1_500 },
            'the books are wrong',
          )
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
  }
}

/** The position of the last event in a service's log. */
async function endOf(store: Store): Promise<number> {
  for (let page = await store.published(0, [], 1); ; page = await store.published(page.upTo, [], 1)) {
    if (page.atEnd) return page.upTo
  }
}

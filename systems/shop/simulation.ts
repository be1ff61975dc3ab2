import { systemCaller } from '@waybill/core'
import type { PaymentProvider } from '@waybill/runtime'
import type { End, Simulation } from '@waybill/testing'
import { Notifications } from './notification/mailbox.ts'
import { cancelOrder } from './order/cancel-order.ts'
import { Order, type OrderState } from './order/order.ts'
import { placeOrder } from './order/place-order.ts'
import { addProduct } from './product/catalogue.ts'
import { Stock } from './product/stock.ts'
import { shop } from './system.ts'

const stocks = [5, 20, 100]
const tokens = ['tok_ok', 'tok_ok', 'tok_ok', 'tok_declined', 'tok_insufficient_funds']
const customer = { userId: '01930000-0000-7000-8000-000000000001', roles: ['user'] }

/** What a provider has done, by its keys: it does each thing once, whatever is asked. */
interface Book {
  readonly charges: Map<
    string,
    { status: 'succeeded' | 'declined' | 'blocked'; amount: number; reference: string }
  >
  readonly refunds: Map<string, { chargeKey: string; amount: number }>
}

const books = new WeakMap<object, Book>()

function providerWith({ charges, refunds }: Book): PaymentProvider {
  const giveBack = (key: string, chargeKey: string): boolean => {
    const made = charges.get(chargeKey)
    if (made?.status !== 'succeeded') return false
    if (!refunds.has(key)) refunds.set(key, { chargeKey, amount: made.amount })
    return true
  }
  return {
    charge: async ({ key, amount, token, reference }) => {
      if (!charges.has(key)) {
        const status = token === 'tok_ok' ? 'succeeded' : 'declined'
        charges.set(key, { status, amount: amount.amount, reference })
      }
      return charges.get(key)!.status === 'succeeded'
        ? { status: 'succeeded' }
        : { status: 'declined', reason: 'CARD_DECLINED' }
    },
    refund: async ({ key, chargeKey }) => {
      giveBack(key, chargeKey)
    },
    reverse: async ({ key, chargeKey, reference }) => {
      if (!charges.has(chargeKey)) charges.set(chargeKey, { status: 'blocked', amount: 0, reference })
      return { refunded: giveBack(key, chargeKey) }
    },
  }
}

async function ordersOf({ accepted, read }: End): Promise<readonly (OrderState & { readonly id: string })[]> {
  const ids = accepted.filter(({ command }) => command === placeOrder).map(({ id }) => id)
  const orders = await read('order').entities(Order, ids)
  return ids.map((id) => ({ id, ...orders.get(id)! }))
}

/** The shop under everything that can go wrong, with what must hold all the same. */
export const simulation: Simulation = {
  system: () => {
    const book: Book = { charges: new Map(), refunds: new Map() }
    const system = shop({ payments: providerWith(book), directory: { instances: async () => [] } })
    books.set(system, book)
    return system
  },
  before: stocks.map((stock, n) => ({
    command: addProduct,
    input: { name: `Product ${n}`, price: 1_000 * (n + 1), stock },
    caller: systemCaller,
  })),
  command: (random, accepted) => {
    const placed = accepted.filter(({ command }) => command === placeOrder)
    if (placed.length > 0 && random.strikes(0.2)) {
      return { command: cancelOrder, input: { orderId: random.pick(placed).id }, caller: customer }
    }
    const productIds = random.strikes(0.3) ? [1, 2] : [random.between(1, stocks.length)]
    return {
      command: placeOrder,
      input: {
        orderItems: productIds.map((productId) => ({ productId, quantity: random.between(1, 3) })),
        shippingAddress: 'Seoul',
        paymentMethod: 'CREDIT_CARD',
        paymentToken: random.pick(tokens),
      },
      caller: customer,
    }
  },
  invariants: {
    'every order has ended': async (end) =>
      (await ordersOf(end))
        .filter(({ status }) => status === 'PENDING')
        .map(({ id, saga }) => `${id} is PENDING at ${saga.step}`),

    'stock is conserved': async (end) => {
      const confirmed = (await ordersOf(end)).filter(({ status }) => status === 'CONFIRMED')
      const products = await end.read('product').entities(
        Stock,
        stocks.map((_, n) => String(n + 1)),
      )
      return stocks.flatMap((stocked, n) => {
        const { onHand, reserved, sold } = products.get(n + 1)!
        const bought = confirmed
          .flatMap(({ items }) => items.filter(({ productId }) => productId === n + 1))
          .reduce((sum, { quantity }) => sum + quantity, 0)
        const isRight = onHand >= 0 && reserved === 0 && sold === bought && onHand + sold === stocked
        return isRight
          ? []
          : [`product ${n + 1}: ${onHand}, ${reserved} held, ${sold} sold of ${stocked}; ${bought} in orders`]
      })
    },

    'a customer is told of each end once': async (end) => {
      const { items } = await end.read('notification').rows(Notifications, { limit: 1_000 })
      const told = Map.groupBy(items, ({ orderId }) => orderId)
      return (await ordersOf(end)).flatMap(({ id, status }) => {
        const all = (told.get(id) ?? []).map((one) => one.status).toSorted()
        const isRight = all.filter((one) => one === status).length === 1 && new Set(all).size === all.length
        return isRight ? [] : [`${id} is ${status}, and its customer was told ${all.join(', ') || 'nothing'}`]
      })
    },

    'money fits the orders': async (end) => {
      const { charges, refunds } = books.get(end.system)!
      return (await ordersOf(end)).flatMap(({ id, status, total }) => {
        const charged = [...charges].filter(([, one]) => one.reference === id && one.status === 'succeeded')
        const paid = charged.reduce((sum, [, { amount }]) => sum + amount, 0)
        const keys = new Set(charged.map(([key]) => key))
        const back = [...refunds.values()]
          .filter(({ chargeKey }) => keys.has(chargeKey))
          .reduce((sum, { amount }) => sum + amount, 0)
        const isRight = status === 'CONFIRMED' ? paid === total.amount && back === 0 : paid === back
        return isRight ? [] : [`${id} is ${status}: ${paid} charged, ${back} given back of ${total.amount}`]
      })
    },
  },
}

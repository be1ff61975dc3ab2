import { allItems, call, type Send } from '@waybill/cli/testing'
import type { BookEntry } from '@waybill/runtime'
import type { Seen, SeenOrder } from './invariants.ts'
import type { Market } from './market.ts'

/** Looks at everything that can be seen from outside. */
export async function see(market: Market): Promise<Seen> {
  const { admin, console, address, customers, listeners, stocked } = market
  const products = [...stocked].map(async ([productId, stocked]) => ({
    productId,
    stocked,
    stock: (await admin(`GET /api/products/${productId}`)).body.stock,
  }))
  const orders = customers.map(({ token }) =>
    allItems<SeenOrder>((request, how) => call(address, request, { token, ...how }), '/api/orders'),
  )
  const movements = await allItems<any>(admin, '/api/ledger')
  return {
    promised: customers.flatMap(({ promised }) => [...promised.values()]),
    orders: (await Promise.all(orders)).flat(),
    products: await Promise.all(products),
    book: await allItems<BookEntry>(admin, '/simulator/charges'),
    ledger: {
      sum: (await admin('GET /api/ledger?limit=1')).body.sum.amount,
      movements: movements.map(({ key, kind, postings }) => ({
        key,
        kind,
        amount: Math.abs(postings[0].amount.amount),
      })),
    },
    told: listeners.flatMap(({ heard }) => [...heard.values()]),
    parked: await parkedIn(console),
  }
}

async function parkedIn(console: Send): Promise<string[]> {
  const { items: systems } = (await console('GET /admin/systems')).body
  const services = systems.flatMap(({ name, services: all }: any) =>
    all.map((service: any) => `${name}/services/${service.name}`),
  )
  const parked = services.map(async (service: string) =>
    (await allItems<any>(console, `/admin/systems/${service}/parked`)).map(
      ({ event, reason, error }) =>
        `${service}: ${event.type} ${event.key} ${reason} ${error?.message ?? ''}`,
    ),
  )
  return (await Promise.all(parked)).flat()
}

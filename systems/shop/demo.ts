import { isRefusal, systemCaller } from '@waybill/core'
import type { DemoContext } from '@waybill/runtime'
import { won } from './money.ts'
import { addProduct, listProducts } from './product/catalogue.ts'

// Ids are given in this order: the first is product 1, with which every example of the original begins.
const products = [
  { name: 'Notebook', price: won(1_500), stock: 100 },
  { name: 'Fountain pen', price: won(32_000), stock: 40 },
  { name: 'Desk lamp', price: won(58_000), stock: 12 },
  { name: 'Standing desk, the last one', price: won(420_000), stock: 1 },
]

/** Puts the demo products on sale, those that are not there yet. */
export async function demo({ engine, submit }: DemoContext): Promise<void> {
  const there = await engine('product').ask(listProducts, { limit: 100 }, systemCaller)
  const names = isRefusal(there) ? [] : there.items.map(({ name }) => name)
  for (const product of products.filter(({ name }) => !names.includes(name))) {
    await submit(addProduct, product)
  }
}

import { test } from 'node:test'
import type { DistributedShop } from './open-processes.ts'
import { reckon } from './reckoning.ts'
import { rush } from './rush.ts'

/** The last ones of the flow first: so those before them always have something under way. */
const killed = ['notification', 'payment', 'product', 'order', 'user', 'registry', 'gateway'] as const

/** What becomes of orders when processes die. */
export function kills(shop: DistributedShop): void {
  test('each service is killed under load and started again: every order ends, and the books are right', async (t) => {
    const customers = await rush(shop, t)
    for (const service of killed) {
      await customers.more(10)
      const process = shop.processes.get(service)!
      await process.kill()
      process.start()
      await process.ready()
    }
    await reckon(shop, customers)
  })
}

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { skipWithoutKafka, skipWithoutRegistry } from '@waybill/servers'
import { flows } from '../stories/flows.ts'
import { notifications } from '../stories/notifications.ts'
import { openProcesses } from './open-processes.ts'
import { reckon } from './reckoning.ts'
import { rush } from './rush.ts'

describe(
  'The shop as seven processes on Kafka',
  { skip: (await skipWithoutKafka()) || (await skipWithoutRegistry()) },
  async () => {
    const shop = await openProcesses('postgres', 'kafka', 'registry')
    after(() => shop.close())

    flows(shop)
    notifications(shop)

    test('each service killed under load and started again: every order ends, and the books are right', async (t) => {
      const customers = await rush(shop, t)
      // The last ones of the flow first: so those before them always have something under way.
      for (const service of [
        'notification',
        'payment',
        'product',
        'order',
        'user',
        'registry',
        'gateway',
      ] as const) {
        await customers.more(10)
        const process = shop.processes.get(service)!
        await process.kill()
        process.start()
        await process.ready()
      }
      await reckon(shop, customers)
    })

    test('asked to end, all of them finish what they have in hand, and end in good order', async (t) => {
      const customers = await rush(shop, t)
      await customers.stop()
      assert.deepEqual(await shop.stop(), [])
    })
  },
)

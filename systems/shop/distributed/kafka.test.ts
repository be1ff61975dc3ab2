import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { skipWithoutKafka, skipWithoutRegistry } from '@waybill/servers'
import { flows } from '../stories/flows.ts'
import { notifications } from '../stories/notifications.ts'
import { kills } from './kills.ts'
import { openProcesses } from './open-processes.ts'
import { rush } from './rush.ts'

const skip = (await skipWithoutKafka()) || (await skipWithoutRegistry())

describe('The shop as seven processes on Kafka', { skip, timeout: 600_000 }, async () => {
  const shop = await openProcesses('postgres', 'kafka', 'registry')
  after(() => shop.close())
  flows(shop)
  notifications(shop)
  kills(shop)

  test('asked to end, all finish what they have in hand, and end in good order', async (t) => {
    const customers = await rush(shop, t)
    await customers.crowd(20)
    await customers.stop()
    assert.deepEqual(await shop.stop(), [])
  })
})

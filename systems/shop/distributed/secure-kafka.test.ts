import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { skipWithoutKafka } from '@waybill/servers'
import { end, orderOf, place } from '../stories/orders.ts'
import { openProcesses } from './open-processes.ts'

const skip = await skipWithoutKafka()

describe('The shop as seven processes on Kafka with TLS and users', { skip, timeout: 300_000 }, async () => {
  const shop = await openProcesses('postgres', 'secureKafka')
  after(() => shop.close())

  test('orders are confirmed, or cancelled when the card is declined', async () => {
    const customer = await shop.signUp()
    const productId = await shop.stock(100)
    const statusOf = async (token?: string): Promise<string> =>
      (await end(customer, await place(customer, orderOf(productId, 1, token)))).status
    const good = await Promise.all(Array.from({ length: 20 }, () => statusOf()))
    assert.deepEqual(new Set(good), new Set(['CONFIRMED']))
    assert.equal(await statusOf('tok_declined'), 'CANCELLED')
  })

  test('asked to end, all processes end in good order', async () => {
    assert.deepEqual(await shop.stop(), [])
  })
})

import assert from 'node:assert/strict'
import { allItems, eventually } from '@waybill/cli/testing'
import { ledgerAndBook, providersBook, stockOf } from '../stories/books.ts'
import { listen, ticketFor } from '../stories/listen.ts'
import type { Shop } from '../stories/meet-shop.ts'
import type { Rush } from './rush.ts'

/** Long enough for a member's session and an open transaction of a process that is gone, on a machine that is busy. */
const patience = { withinMs: 90_000, everyMs: 250 }

/**
 * After a rush: every order that was accepted ends, none has come twice, and goods, money and what the customer is told
 * are as the orders' ends say.
 */
export async function reckon(shop: Shop, rush: Rush): Promise<void> {
  await rush.stop()
  const { customer, productId, stocked, orderIds } = rush
  const orders = await eventually(async () => {
    const pending = await customer.send('GET /api/orders?status=PENDING&limit=1')
    assert.deepEqual(pending.body.items, [])
    return allItems<{ orderId: string; status: string }>(customer.send, '/api/orders')
  }, patience)
  assert.deepEqual(orders.map(({ orderId }) => orderId).toSorted(), orderIds.toSorted())
  const sold = orders.filter(({ status }) => status === 'CONFIRMED').length
  assert.notEqual(sold, 0)

  await eventually(async () => {
    assert.deepEqual(await stockOf(shop, productId), [stocked - sold, 0, sold])
    const bookOf = await providersBook(shop)
    for (const { orderId, status } of orders) {
      const moved = bookOf(orderId).filter((line) => line.includes('succeeded'))
      const fits = status === 'CONFIRMED' ? ['charge'] : moved.length === 0 ? [] : ['charge', 'refund']
      assert.deepEqual(
        moved,
        fits.map((kind) => `${kind} succeeded 1500`),
        orderId,
      )
    }
    const { sum, ledger, book } = await ledgerAndBook(shop)
    assert.deepEqual(ledger, book)
    assert.equal(sum, 0)
  }, patience)

  const listener = listen(shop, await ticketFor(customer))
  const told = () => listener.heard.map(({ orderId, status }) => `${orderId} ${status}`).toSorted()
  const ends = orders.map(({ orderId, status }) => `${orderId} ${status}`).toSorted()
  await eventually(async () => assert.deepEqual(told(), ends), patience)
  await listener.close()
}

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { allItems, eventually } from '@waybill/cli/testing'
import { bookOf, ledgerAndBook, stockOf } from './books.ts'
import { listen, saying, ticketFor } from './listen.ts'
import { type OpenShop, openShop } from './open-shop.ts'
import { cancel, end, orderOf, place } from './orders.ts'

const folder = await mkdtemp(join(tmpdir(), 'waybill-restart-'))
/** The 20 s that an answer of the provider is waited for are 2 s here. */
const open = (): Promise<OpenShop> => openShop({ folder, variables: { WAYBILL_TIME_SCALE: '10' } })
let shop = await open()
after(async () => {
  await shop.close()
  await rm(folder, { recursive: true })
})

const restart = async (): Promise<void> => {
  await shop.close()
  shop = await open()
}

test('a provider that takes the money and stays silent: the order is cancelled, the money comes back', async () => {
  const productId = await shop.stock(5)
  const orderId = await place(shop.demo, orderOf(productId, 2, 'tok_silent'))
  const order = await end(shop.demo, orderId)
  assert.deepEqual([order.status, order.reason], ['CANCELLED', 'PAYMENT_TIMEOUT'])
  await eventually(async () =>
    assert.deepEqual(await bookOf(shop, orderId), ['charge succeeded 3000', 'refund succeeded 3000']),
  )
  await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [5, 0, 0]))
})

test('after a restart everything is still there, and the shop goes on', async () => {
  const customer = await shop.signUp()
  const request = { json: orderOf(1, 2), headers: { 'idempotency-key': 'across' } }
  const first = await customer.send('POST /api/orders', request)
  await end(customer, first.body.orderId)
  await end(customer, await place(customer, orderOf(1, 999)))
  const cancelled = await place(customer, orderOf(1, 1))
  await end(customer, cancelled)
  await cancel(customer, cancelled)
  const everything = async () => ({
    products: await allItems(shop.send, '/api/products'),
    orders: await allItems<any>(shop.admin.send, '/api/orders'),
    books: await ledgerAndBook(shop),
    events: (await shop.admin.send(`GET /api/orders/${cancelled}/events`)).body,
  })
  await eventually(async () => {
    assert.deepEqual(await stockOf(shop, 1), [98, 0, 2])
    const { ledger, book } = await ledgerAndBook(shop)
    assert.deepEqual(ledger, book)
  })
  const before = await everything()

  await restart()
  assert.deepEqual(await everything(), before)
  const returned = await shop.logIn(customer.email, customer.password)
  const again = await returned.send('POST /api/orders', request)
  assert.deepEqual(again.body, first.body)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  const { status } = await end(returned, await place(returned, orderOf(1, 1)))
  assert.equal(status, 'CONFIRMED')
  await eventually(async () => assert.deepEqual(await stockOf(shop, 1), [97, 0, 3]))

  const listener = listen(shop, await ticketFor(returned))
  await eventually(async () => assert.equal(listener.heard.length, 5))
  assert.deepEqual(listener.heard.map(saying).toSorted(), [
    'CANCELLED CUSTOMER',
    'CANCELLED OUT_OF_STOCK',
    'CONFIRMED',
    'CONFIRMED',
    'CONFIRMED',
  ])
  await listener.close()
})

test('what was under way when the shop was stopped goes on when it is back', async () => {
  const productId = await shop.stock(50)
  const tokens = ['tok_ok', 'tok_slow_500', 'tok_flaky_3', 'tok_declined', 'tok_silent']
  const orderIds = await Promise.all(tokens.map((token) => place(shop.demo, orderOf(productId, 1, token))))
  // The one that the provider will never answer has been charged.
  await eventually(async () => assert.equal((await bookOf(shop, orderIds[4]!))[0], 'charge succeeded 1500'))
  await restart()

  const ends = await Promise.all(orderIds.map((orderId) => end(shop.demo, orderId)))
  assert.deepEqual([ends[4].status, ends[4].reason], ['CANCELLED', 'PAYMENT_TIMEOUT'])
  // Of the others some may have been too late, when the machine is slow. What counts is that all fits together.
  const sold = ends.filter(({ status }) => status === 'CONFIRMED').length
  await eventually(async () => assert.deepEqual(await stockOf(shop, productId), [50 - sold, 0, sold]))
  await eventually(async () => {
    for (const [index, orderId] of orderIds.entries()) {
      const moved = (await bookOf(shop, orderId)).filter((line) => line.includes('succeeded'))
      assert.equal(
        moved.length % 2,
        ends[index].status === 'CONFIRMED' ? 1 : 0,
        `${orderId}: ${moved.join()}`,
      )
    }
  })
  await eventually(async () => {
    const { sum, ledger, book } = await ledgerAndBook(shop)
    assert.deepEqual(ledger, book)
    assert.equal(sum, 0)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@waybill/cli/testing'
import { listen, type Listener, saying, ticketFor } from './listen.ts'
import type { Customer, Shop } from './meet-shop.ts'
import { cancel, orderOf, place } from './orders.ts'

/** Waits until so many have come. */
const heard = (listener: Listener, count: number): Promise<void> =>
  eventually(async () => assert.ok(listener.heard.length >= count))

/** What customers hear of their orders. */
export function notifications(shop: Shop): void {
  /** Waits until the shop knows that so many have reached the customer. */
  const acknowledged = ({ userId }: Customer, count: number): Promise<void> =>
    eventually(async () => {
      const path = `/admin/systems/shop/services/notification/entities/mailbox/${userId}`
      const { items = [] } = (await shop.console(`GET ${path}`)).body
      const ids = items.flatMap(({ data }: any) => data.notificationIds)
      assert.equal(ids.length, count)
      assert.equal(new Set(ids).size, count)
    })

  /** An order of which there is something to tell. */
  const ended = async (customer: Customer, order: object): Promise<string> => {
    const orderId = await place(customer, order)
    await eventually(async () => {
      const { body } = await shop.console(
        `GET /admin/systems/shop/services/notification/entities/outcome/${orderId}`,
      )
      assert.ok(body.items.some(({ type }: any) => type === 'NotificationEvent'))
    })
    return orderId
  }

  test('a customer hears at once how an order has ended, and only of own orders', async () => {
    const customer = await shop.signUp()
    const listener = listen(shop, await ticketFor(customer))
    const stranger = await shop.signUp()
    await ended(stranger, orderOf(1, 1))
    const orderId = await ended(customer, orderOf(1, 1))
    await heard(listener, 1)
    const { notificationId, at, ...notification } = listener.heard[0]!
    assert.deepEqual(notification, {
      orderId,
      userId: customer.userId,
      type: 'ORDER_CONFIRMED',
      status: 'CONFIRMED',
      message: 'Your order is confirmed.',
    })
    assert.match(notificationId, /^[0-9a-f-]{36}$/)
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000)

    await ended(customer, orderOf(1, 999))
    await heard(listener, 2)
    await ended(customer, orderOf(1, 1, 'tok_declined'))
    await heard(listener, 3)
    await cancel(customer, orderId)
    await heard(listener, 4)
    assert.deepEqual(listener.heard.map(saying), [
      'CONFIRMED',
      'CANCELLED OUT_OF_STOCK',
      'CANCELLED CARD_DECLINED',
      'CANCELLED CUSTOMER',
    ])
    await listener.close()
  })

  test('a ticket opens one socket, soon', async () => {
    const customer = await shop.signUp()
    const issued = await customer.send('POST /api/notifications/tickets', { json: {} })
    assert.equal(issued.status, 201)
    assert.equal(issued.body.expiresIn, 30)

    const listener = listen(shop, issued.body.ticket)
    await ended(customer, orderOf(1, 1))
    await heard(listener, 1)
    assert.equal(await listen(shop, issued.body.ticket).closed, 4401)
    await listener.close()
    assert.equal(await listen(shop, issued.body.ticket).closed, 4401)
  })

  test('of two sockets with the same ticket one is let in', async () => {
    const customer = await shop.signUp()
    const ticket = await ticketFor(customer)
    const sockets = [listen(shop, ticket), listen(shop, ticket)]
    assert.equal(await Promise.race(sockets.map(({ closed }) => closed)), 4401)
    await ended(customer, orderOf(1, 1))
    await eventually(async () => assert.equal(sockets.flatMap(({ heard }) => heard).length, 1))
    for (const socket of sockets) await socket.close()
  })

  test('without a good ticket nobody is let in', async () => {
    const unknown = `${crypto.randomUUID()}.${crypto.randomUUID()}`
    for (const ticket of ['', 'nonsense', crypto.randomUUID(), unknown, 'x'.repeat(5_000)]) {
      const stranger = listen(shop, ticket)
      assert.equal(await stranger.closed, 4401)
      assert.deepEqual(stranger.heard, [])
    }
  })

  test('an eleventh socket of a customer closes the first', async () => {
    const customer = await shop.signUp()
    const sockets: Listener[] = []
    for (let n = 0; n < 11; n += 1) {
      sockets.push(listen(shop, await ticketFor(customer)))
      await sockets.at(-1)!.opened
    }
    assert.equal(await sockets[0]!.closed, 4429)
    await ended(customer, orderOf(1, 1))
    for (const socket of sockets.slice(1)) {
      await heard(socket, 1)
      await socket.close()
    }
  })

  test('what was missed comes first, oldest first, and nothing comes again', async () => {
    const customer = await shop.signUp()
    const before = listen(shop, await ticketFor(customer))
    const orderIds = [await ended(customer, orderOf(1, 1))]
    await heard(before, 1)
    await acknowledged(customer, 1)
    await before.close()

    for (const quantity of [1, 999, 1]) orderIds.push(await ended(customer, orderOf(1, quantity)))

    const back = listen(shop, await ticketFor(customer))
    await heard(back, 3)
    orderIds.push(await ended(customer, orderOf(1, 1)))
    await heard(back, 4)
    assert.deepEqual(
      back.heard.map(({ orderId }) => orderId),
      orderIds.slice(1),
    )
    await acknowledged(customer, 5)
    await back.close()

    const again = listen(shop, await ticketFor(customer))
    const last = await ended(customer, orderOf(1, 1))
    await heard(again, 1)
    assert.deepEqual(
      again.heard.map(({ orderId }) => orderId),
      [last],
    )
    await again.close()
  })

  test('all that was missed comes, also when it is much', async () => {
    const customer = await shop.signUp()
    const productId = await shop.stock(250)
    await Promise.all(Array.from({ length: 250 }, () => place(customer, orderOf(productId, 1))))
    const listener = listen(shop, await ticketFor(customer))
    await acknowledged(customer, 250)
    assert.equal(listener.heard.length, 250)
    assert.equal(new Set(listener.heard.map(({ orderId }) => orderId)).size, 250)
    await listener.close()
  })

  test('a customer with two windows open hears it in both', async () => {
    const customer = await shop.signUp()
    const windows = [listen(shop, await ticketFor(customer)), listen(shop, await ticketFor(customer))]
    await eventually(async () => {
      const orderId = await ended(customer, orderOf(1, 1))
      for (const window of windows) assert.ok(window.heard.some((one) => one.orderId === orderId))
    })
    for (const window of windows) await window.close()
  })
}

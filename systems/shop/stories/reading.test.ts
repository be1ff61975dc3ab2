import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { allItems, eventually } from '@waybill/cli/testing'
import { openShop } from './open-shop.ts'
import { cancel, end, look, orderOf, place } from './orders.ts'

const shop = await openShop()
after(() => shop.close())

test('who prefers to wait gets the end of the flow', async () => {
  const prefer = (wait: number) => ({ headers: { prefer: `wait=${wait}` } })
  const waited = await shop.demo.send('POST /api/orders', { json: orderOf(1, 1), ...prefer(20) })
  assert.deepEqual([waited.status, waited.body.status], [201, 'CONFIRMED'])
  assert.equal(waited.headers.get('preference-applied'), 'wait')

  const late = { json: orderOf(1, 1, 'tok_slow_3000'), ...prefer(1) }
  const impatient = await shop.demo.send('POST /api/orders', late)
  assert.deepEqual([impatient.status, impatient.body.status], [201, 'PENDING'])
  assert.equal((await end(shop.demo, impatient.body.orderId)).status, 'CONFIRMED')
})

test('lists come in pages, newest first, each order once', async () => {
  const customer = await shop.signUp()
  const placed: string[] = []
  for (let n = 0; n < 7; n += 1) placed.push(await place(customer, orderOf(1, n === 3 ? 999 : 1)))
  for (const orderId of placed) await end(customer, orderId)

  const pages: string[][] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body }: any = await customer.send(`GET /api/orders?limit=3${cursor}`)
    pages.push(body.items.map(({ orderId }: any) => orderId))
    cursor = body.nextCursor && `&cursor=${encodeURIComponent(body.nextCursor)}`
  }
  assert.deepEqual(
    pages.map(({ length }) => length),
    [3, 3, 1],
  )
  assert.deepEqual(pages.flat(), placed.toReversed())

  const cancelled = await customer.send('GET /api/orders?status=CANCELLED')
  assert.deepEqual(
    cancelled.body.items.map(({ orderId }: any) => orderId),
    [placed[3]],
  )
  const everybodys = await allItems<any>(shop.admin.send, '/api/orders')
  assert.ok(everybodys.length > placed.length)
  assert.deepEqual(await look(shop.admin, placed[0]!), await look(customer, placed[0]!))
})

test('products are listed in the order in which they came, to anyone', async () => {
  const productId = await shop.stock(3)
  await shop.admin.send(`POST /api/products/${productId}/restocks`, { json: { quantity: 2 } })
  const products = await allItems<any>(shop.send, '/api/products')
  assert.equal(products[0].productId, 1)
  assert.deepEqual(products.at(-1), {
    productId,
    name: 'Notebook',
    price: { amount: 1_500, currency: 'KRW' },
    stock: { onHand: 5, reserved: 0, sold: 0 },
  })
})

test('an order can be read as it was at any moment', async () => {
  const orderId = await place(shop.demo, orderOf(1, 1))
  await end(shop.demo, orderId)
  await cancel(shop.demo, orderId)
  const { history } = await look(shop.demo, orderId)
  for (const { at, event } of history) {
    const { body } = await shop.demo.send(`GET /api/orders/${orderId}?at=${at}`)
    const last = body.history.at(-1)
    // Events of one commit have one time.
    assert.equal(last.at, at, event)
    assert.equal(body.status, last.status)
  }
  const before = new Date(Date.parse(history[0].at) - 1).toISOString()
  assert.equal((await shop.demo.send(`GET /api/orders/${orderId}?at=${before}`)).status, 404)
})

test('the audit log has every event of an order, each with its cause', async () => {
  const placed = await shop.demo.send('POST /api/orders', { json: orderOf(1, 1) })
  const { orderId } = placed.body
  await end(shop.demo, orderId)
  const { items } = (await shop.demo.send(`GET /api/orders/${orderId}/events`)).body
  assert.deepEqual(items.map(({ event }: any) => event).toSorted(), [
    'OrderCreatedEvent',
    'PaymentCompletedEvent',
    'StockReservedEvent',
  ])
  assert.equal(new Set(items.map(({ eventId }: any) => eventId)).size, 3)
  const find = (type: string): any => items.find(({ event }: any) => event === type)
  assert.equal(find('StockReservedEvent').causationId, find('OrderCreatedEvent').eventId)
  assert.equal(find('PaymentCompletedEvent').causationId, find('StockReservedEvent').eventId)
  const correlationId = placed.headers.get('x-correlation-id')
  assert.ok(items.every((event: any) => event.correlationId === correlationId))
})

test('the whole flow can be read by its correlation id', async () => {
  const correlationId = crypto.randomUUID()
  const headers = { 'x-correlation-id': correlationId }
  const placed = await shop.demo.send('POST /api/orders', { json: orderOf(1, 1), headers })
  assert.equal(placed.headers.get('x-correlation-id'), correlationId)
  const { items } = await eventually(async () => {
    const { body } = await shop.console(`GET /admin/systems/shop/flows/${correlationId}`)
    assert.equal(body.items.length, 5)
    return body
  })
  assert.deepEqual(
    items
      .map(({ service, type, observedBy }: any) => [service, type, observedBy.toSorted().join(' ')])
      .toSorted(),
    [
      ['notification', 'NotificationEvent', ''],
      ['order', 'OrderCreatedEvent', 'notification'],
      ['payment', 'PaymentCompletedEvent', 'order'],
      ['product', 'StockReservedEvent', 'order'],
      ['product', 'StockSoldEvent', ''],
    ],
  )
  const place = new Map<string, number>(items.map(({ id }: any, index: number) => [id, index]))
  for (const { id, causationId } of items.slice(1)) assert.ok(place.get(causationId)! < place.get(id)!)
})

test('the registry shows all seven services, up', async () => {
  const { services } = (await shop.admin.send('GET /api/registry')).body
  assert.deepEqual(services.map(({ service }: any) => service).toSorted(), [
    'gateway',
    'notification',
    'order',
    'payment',
    'product',
    'registry',
    'user',
  ])
  for (const { instances } of services) {
    assert.equal(instances.length, 1)
    assert.equal(instances[0].status, 'up')
    assert.ok(Date.now() - Date.parse(instances[0].lastHeartbeatAt) < 15_000)
  }
})

test('the interface describes itself', async () => {
  const { status, body } = await shop.send('GET /openapi.json')
  assert.equal(status, 200)
  assert.match(body.openapi, /^3\.1\./)
  const calls = new Set(
    Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  )
  for (const call of [
    'GET /api/products',
    'GET /api/products/{productId}',
    'POST /api/products',
    'POST /api/products/{productId}/restocks',
    'POST /api/orders',
    'GET /api/orders',
    'GET /api/orders/{orderId}',
    'GET /api/orders/{orderId}/events',
    'POST /api/orders/{orderId}/cancel',
    'GET /api/registry',
    'POST /api/notifications/tickets',
    'POST /api/auth/register',
    'POST /api/auth/login',
    'POST /api/auth/refresh',
  ]) {
    assert.ok(calls.has(call), call)
  }
  const docs = await shop.send('GET /docs')
  assert.equal(docs.status, 200)
  assert.match(docs.headers.get('content-type')!, /^text\/html/)
})

test('health is told on both ports, metrics and the admin API on one', async () => {
  for (const send of [shop.send, shop.console]) {
    assert.equal((await send('GET /healthz')).status, 200)
    assert.equal((await send('GET /readyz')).status, 200)
  }
  for (const path of ['/metrics', '/admin/systems']) {
    assert.equal((await shop.admin.send(`GET ${path}`)).status, 404)
    assert.equal((await shop.console(`GET ${path}`)).status, 200)
  }
})

test('the metrics count events, and sagas by how they end', async () => {
  const counted = async (): Promise<Record<string, number>> => {
    const { body } = await shop.console('GET /metrics')
    const read = (sample: string): number => Number(body.split(`${sample} `)[1]?.split('\n')[0] ?? 0)
    return {
      created: read('waybill_events_total{system="shop",service="order",type="OrderCreatedEvent"}'),
      started: read('waybill_sagas_started_total{system="shop",saga="order"}'),
      confirmed: read('waybill_sagas_ended_total{system="shop",saga="order",outcome="confirmed"}'),
      cancelled: read('waybill_sagas_ended_total{system="shop",saga="order",outcome="cancelled"}'),
    }
  }
  const before = await counted()
  await end(shop.demo, await place(shop.demo, orderOf(1, 1)))
  await end(shop.demo, await place(shop.demo, orderOf(1, 999)))
  await eventually(async () => {
    const gained = Object.entries(await counted()).map(([name, count]) => [name, count - before[name]!])
    assert.deepEqual(Object.fromEntries(gained), { created: 2, started: 2, confirmed: 1, cancelled: 1 })
  })
})

test('metrics and the admin API are not for customers', async () => {
  const login = { email: 'demo@example.com', password: 'demo-password' }
  const token = (await shop.send('POST /api/auth/login', { json: login })).body.accessToken
  assert.equal((await shop.console('GET /admin/systems', { token })).status, 403)
})

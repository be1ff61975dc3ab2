import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Halt } from '../telemetry/halts.ts'
import { call, token } from './test-kit.ts'
import { accepted, good, ordersGateway, type OrdersGateway } from './test-orders.ts'

describe('the gateway', () => {
  let orders: OrdersGateway
  let ready = true
  let halted: Halt[] = []
  before(async () => {
    orders = await ordersGateway({
      health: {
        ready: async () => {
          if (ready) return true
          throw new Error('no store')
        },
        halted: () => halted,
      },
      routes: async ({ http, engine, caller }) => {
        http.get('/own', () => ({ service: engine('order').service.name }))
        http.get('/mine', (request) => ({ userId: caller(request).userId }))
        http.get('/missing', () => engine('elsewhere').service.name)
        http.get('/ws', { websocket: true }, (socket) => {
          socket.on('message', (text: Buffer) => socket.send(text))
        })
      },
    })
  })
  after(() => orders.gateway.close())

  test('routes of the system itself', async () => {
    assert.deepEqual((await call(orders.gateway, 'GET /own')).body, { service: 'order' })
    assert.deepEqual((await call(orders.gateway, 'GET /mine', { token: token() })).body, { userId: 'u1' })
    assert.equal((await call(orders.gateway, 'GET /mine')).status, 401)
    assert.equal((await call(orders.gateway, 'GET /missing')).status, 500)
  })

  test('WebSockets of the system, with small messages only', async () => {
    const socket = new WebSocket(`${orders.gateway.address.replace('http', 'ws')}/ws`)
    const next = (event: string): Promise<any> =>
      new Promise((resolve) => socket.addEventListener(event, resolve, { once: true }))
    await next('open')
    socket.send('hello')
    assert.equal(await (await next('message')).data.text(), 'hello')
    socket.send('x'.repeat(64 * 1024 + 1))
    assert.equal((await next('close')).code, 1009)
  })

  test('its page leads somewhere', async () => {
    const { body } = await call(orders.gateway, 'GET /', { headers: { accept: 'application/json' } })
    assert.equal(body.title, 'test')
    assert.deepEqual(
      body.places.map(({ path }: { path: string }) => path),
      ['/docs', '/openapi.json', '/healthz', '/readyz'],
    )
    for (const { path } of body.places) {
      assert.equal((await call(orders.gateway, `GET ${path}`)).status, 200, path)
    }
  })

  test('health', async () => {
    assert.deepEqual((await call(orders.gateway, 'GET /healthz')).body, { status: 'alive' })
    assert.deepEqual((await call(orders.gateway, 'GET /readyz')).body, { status: 'ready' })
    // It still answers commands and queries; what stands still is to be seen.
    halted = [{ system: 'test', service: 'order', source: 'paid', partition: 3, code: 'LIMIT_EXCEEDED' }]
    const still = await call(orders.gateway, 'GET /readyz')
    assert.deepEqual([still.status, still.body], [200, { status: 'ready', halted }])
    halted = []
    ready = false
    const { status, body, headers } = await call(orders.gateway, 'GET /readyz')
    assert.deepEqual([status, body.code, headers.get('retry-after')], [503, 'NOT_READY', '1'])
    ready = true
  })

  test('every answer carries the security headers', async () => {
    for (const request of ['GET /healthz', 'GET /nowhere', 'GET /api/orders/%ZZ']) {
      const { headers } = await call(orders.gateway, request)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', request)
      assert.match(headers.get('content-security-policy')!, /default-src 'none'/, request)
      assert.equal(headers.get('cache-control'), 'no-store', request)
      assert.equal(headers.get('access-control-allow-origin'), null, request)
    }
  })

  test('closing lets the requests in hand finish', async () => {
    const closing = await ordersGateway()
    let finish = (): void => {}
    const begun = new Promise<void>((begin) => {
      closing.answer(() => {
        begin()
        return new Promise((resolve) => {
          finish = () => resolve(accepted)
        })
      })
    })
    const placed = closing.place(good)
    await begun
    const closed = closing.gateway.close()
    finish()
    assert.equal((await placed).status, 201)
    await closed
    await assert.rejects(closing.place(good))
  })
})

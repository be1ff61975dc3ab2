import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { allItems, call, type Send, shopServices, waybillProcess } from '@waybill/cli/testing'
import { demoAccounts } from '@waybill/runtime'
import { createSetup, freePort, sharedPostgres, skipWithoutRedis, startRedis } from '@waybill/servers'
import { orderOf } from '../stories/orders.ts'

const limit = 60

describe('Two gateways', { skip: await skipWithoutRedis() }, async () => {
  const setup = createSetup()
  after(setup.end)
  const [postgres, redis] = await setup.start(sharedPostgres, startRedis)
  const env = {
    WAYBILL_STORE: postgres.url,
    WAYBILL_REDIS: redis.address,
    WAYBILL_RATE_LIMIT: String(limit),
    WAYBILL_JWT_SECRET: randomBytes(32).toString('hex'),
  }
  const services = shopServices.flatMap((name) => (name === 'gateway' ? [] : ['--service', name]))
  const ports = [await freePort(), await freePort()] as const
  const processes = await Promise.all([
    waybillProcess({ name: 'services', args: ['shop', ...services], env }),
    ...ports.map((port) =>
      waybillProcess({
        name: `gateway ${port}`,
        args: ['shop', '--service', 'gateway'],
        env: { ...env, WAYBILL_PORT_SHOP: String(port) },
      }),
    ),
  ])
  setup.with(processes, () => Promise.all(processes.map((process) => process.stop())))
  for (const process of processes) process.start()
  await Promise.all(processes.map((process) => process.ready()))

  const { email, password } = demoAccounts[0]
  const login = await call(`http://127.0.0.1:${ports[0]}`, 'POST /api/auth/login', {
    json: { email, password },
  })
  const [first, second] = ports.map((port): Send => {
    const { accessToken: token } = login.body as { accessToken: string }
    return (request, how) => call(`http://127.0.0.1:${port}`, request, { token, ...how })
  }) as [Send, Send]

  test('a request that is sent again has one effect, whichever of them it comes to', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const order = { headers, json: orderOf(1, 2) }
    const answers = await Promise.all(
      [first, second, first, second].map((send) => send('POST /api/orders', order)),
    )
    answers.push(await second('POST /api/orders', order))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201, 201],
    )
    assert.equal(new Set(answers.map(({ body }) => body.orderId)).size, 1)
    assert.equal((await allItems(first, '/api/orders')).length, 1)

    const other = await second('POST /api/orders', { headers, json: orderOf(1, 3) })
    assert.deepEqual([other.status, other.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('the requests of a caller count, whichever of them they come to', async () => {
    const remaining = async (send: Send): Promise<number> =>
      Number((await send('GET /api/products')).headers.get('ratelimit-remaining'))
    const before = await remaining(first)
    assert.deepEqual([await remaining(second), await remaining(first)], [before - 1, before - 2])
    for (let n = before - 2; n > 0; n -= 1) await (n % 2 ? first : second)('GET /api/products')
    for (const send of [first, second]) assert.equal((await send('GET /api/products')).status, 429)
  })
})

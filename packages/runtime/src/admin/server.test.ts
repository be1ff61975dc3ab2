import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Check } from 'typebox/value'
import type { Host } from '../host/host.ts'
import { brokenWeight, login, memoryBackends, startPostOffice } from '../host/test-kit.ts'
import { type Answer, call, examplesIn } from '../http/test-kit.ts'

let host: Host
let admin: string
let demo: string

before(async () => {
  host = await startPostOffice()
  admin = await login(host, 'Admin')
  demo = await login(host, 'Demo')
})
after(() => host.stop())

const get = (path: string, token = admin): Promise<Answer> =>
  call({ address: host.adminAddress }, `GET ${path}`, { token })

async function send(weight: number, wait: number): Promise<{ id: string; correlationId: string }> {
  const { body, headers } = await call(host.systems[0]!, 'POST /api/parcels', {
    token: demo,
    json: { weight },
    headers: { prefer: `wait=${wait}` },
  })
  return { id: body.id, correlationId: headers.get('x-correlation-id')! }
}

test('Health and metrics are for everyone who reaches the port', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await call({ address: host.adminAddress }, `GET ${path}`)).status, 200)
  }
})

test('Its page names what is there, and the gateways', async () => {
  const { body } = await call({ address: host.adminAddress }, 'GET /', {
    headers: { accept: 'application/json' },
  })
  const paths: string[] = body.places.map(({ path }: { path: string }) => path)
  for (const path of paths.filter((each) => !each.includes('{'))) {
    const { status } = path.startsWith('/') ? await get(path) : await call({ address: path }, 'GET /')
    assert.equal(status, 200, path)
  }
  assert.ok(paths.includes(host.systems[0]!.address))
})

test('What a wrong address points to is there, with examples that fit', async () => {
  const wrong = await get('/admin/nothing')
  assert.deepEqual([wrong.status, /See (\S+)/.exec(wrong.body.detail)![1]], [404, '/openapi.json'])
  const { status, body } = await call({ address: host.adminAddress }, 'GET /openapi.json')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body.paths), [
    '/admin/systems',
    '/admin/systems/{system}/flows/{correlationId}',
    '/admin/systems/{system}/services/{service}/entities/{entity}/{id}',
    '/admin/systems/{system}/services/{service}/parked',
  ])
  assert.deepEqual(await new Validator().validate(structuredClone(body)), { valid: true })
  const examples = examplesIn(body)
  assert.notEqual(examples.length, 0)
  for (const { schema, example } of examples) assert.ok(Check(schema, example), JSON.stringify(example))
})

test('The admin API is for administrators of any system here', async () => {
  assert.equal((await call({ address: host.adminAddress }, 'GET /admin/systems')).status, 401)
  assert.equal((await get('/admin/systems', demo)).status, 403)
  assert.equal((await get('/admin/systems')).status, 200)
})

test('A system is described: who publishes what to whom', async () => {
  const { body } = await get('/admin/systems')
  const [post] = body.items
  assert.equal(post.name, 'post')
  assert.equal(post.address, host.systems[0]!.address)
  assert.deepEqual(post.topics[0], {
    name: 'parcel-sent',
    partitions: 8,
    retentionDays: 30,
    events: ['ParcelSent'],
    publishers: ['counter'],
    subscribers: ['depot'],
  })
  assert.deepEqual(post.sagas, [
    { name: 'delivery', starts: 'ParcelSent', ends: { delivered: ['ParcelArrived'] }, withinSeconds: 5 },
  ])
  const depot = post.services.find(({ name }: { name: string }) => name === 'depot')
  assert.deepEqual([depot.receives, depot.emits], [['ParcelSent'], ['ParcelArrived']])
})

test('A flow is shown across services, causes first, with what its events say', async () => {
  const { id, correlationId } = await send(2, 5)
  const { body } = await get(`/admin/systems/post/flows/${correlationId}`)
  const data = { parcelId: id, weight: 2 }
  assert.deepEqual(
    body.items.map(({ type, topic, service, observedBy, data: said }: Record<string, unknown>) => ({
      type,
      topic,
      service,
      observedBy,
      data: said,
    })),
    [
      { type: 'ParcelSent', topic: 'parcel-sent', service: 'counter', observedBy: [], data },
      { type: 'ParcelArrived', topic: 'parcel-arrived', service: 'depot', observedBy: ['counter'], data },
    ],
  )
})

test('The history of an entity has the state after each event', async () => {
  const { id } = await send(2, 5)
  const { body } = await get(`/admin/systems/post/services/counter/entities/parcel/${id}`)
  assert.deepEqual(
    body.items.map(({ type, state }: Record<string, unknown>) => [type, state]),
    [
      ['ParcelSent', { status: 'sent' }],
      ['ParcelArrived', { status: 'arrived' }],
    ],
  )
})

test('What is set aside is listed with its error, in pages', { timeout: 10_000 }, async () => {
  const first = await send(brokenWeight, 0)
  const second = await send(brokenWeight, 0)
  const path = '/admin/systems/post/services/depot/parked?limit=1'
  let page = await get(path)
  while (page.body.items.length === 0 || page.body.nextCursor === null) page = await get(path)
  const [parked] = page.body.items
  assert.equal(parked.event.data.parcelId, first.id)
  assert.equal(parked.event.data.weight, brokenWeight)
  assert.deepEqual(JSON.parse(Buffer.from(parked.payload, 'base64').toString()), parked.event.data)
  assert.match(parked.error.message, /the scales broke/)
  assert.equal(parked.error.code, 'DECIDE_FAILED')
  assert.ok(parked.attempts >= 1)
  assert.ok(Date.parse(parked.nextAt) > Date.parse(parked.since))

  const next = await get(`${path}&cursor=${page.body.nextCursor}`)
  assert.equal(next.body.items[0].event.data.parcelId, second.id)
  assert.equal(next.body.nextCursor, null)

  const isCounted = /waybill_parked_events\{system="post",service="depot",reason="failed"\} 2/
  // They are counted at most once a second.
  while (!isCounted.test((await call({ address: host.adminAddress }, 'GET /metrics')).body)) await sleep(50)
})

test('What does not exist is said so, with what there is', async () => {
  const cases = [
    [
      '/admin/systems/shop/flows/01a1fda3-90d3-769d-824c-986495e0b450',
      'UNKNOWN_SYSTEM',
      'There is no system shop; there are: post.',
    ],
    [
      '/admin/systems/post/services/van/parked',
      'UNKNOWN_SERVICE',
      'There is no service van; there are: counter, depot, user.',
    ],
    [
      '/admin/systems/post/services/depot/entities/parcel/1',
      'UNKNOWN_ENTITY',
      'There is no entity parcel; there are: shelf.',
    ],
    ['/admin/systems/post/services/counter/entities/parcel/1', 'UNKNOWN_ENTITY', 'There is no parcel 1.'],
  ] as const
  for (const [path, code, detail] of cases) {
    const { status, body } = await get(path)
    assert.deepEqual([status, body.code, body.detail], [404, code, detail])
  }
  assert.equal((await get('/admin/nothing')).status, 404)
  assert.equal((await get('/admin/systems/post/services/depot/parked?limit=0')).status, 422)
})

test('Routes that backends add are read by everyone, and written by administrators only in production', async () => {
  const { backends } = memoryBackends()
  const run = (production: boolean): Promise<Host> =>
    startPostOffice({
      config: { demo: !production },
      backends: {
        ...backends,
        adminRoutes: async (http, preParsing) => {
          http.get('/more', () => ({ read: true }))
          http.put('/more', { preParsing }, () => ({ written: true }))
          return [{ path: '/more', what: 'More.' }]
        },
      },
    })
  const status = async ({ adminAddress }: Host, request: string, token?: string): Promise<number> =>
    (await call({ address: adminAddress }, `${request} /more`, token === undefined ? {} : { token })).status
  const inDemo = await run(false)
  assert.deepEqual([await status(inDemo, 'GET'), await status(inDemo, 'PUT')], [200, 200])
  await inDemo.stop()
  const inProduction = await run(true)
  assert.equal(await status(inProduction, 'GET'), 200)
  assert.equal(await status(inProduction, 'PUT'), 401)
  assert.equal(await status(inProduction, 'PUT', demo), 403)
  assert.equal(await status(inProduction, 'PUT', admin), 200)
  await inProduction.stop()
})

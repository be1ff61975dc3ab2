import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as passes } from 'node:timers/promises'
import { command, entity, messageOf, WaybillError } from '@waybill/core'
import Type from 'typebox'
import type { Application } from '../application.ts'
import { call } from '../http/test-kit.ts'
import { directoryOf } from '../outside/heartbeats.ts'
import { login, memoryBackends, postOffice, startPostOffice } from './test-kit.ts'

test('A host serves its systems until it is stopped', async () => {
  const { backends, closed } = memoryBackends()
  const host = await startPostOffice({ backends })
  const gateway = host.systems[0]!
  const admin = { address: host.adminAddress }
  assert.equal((await call(gateway, 'GET /readyz')).status, 200)
  assert.equal((await call(admin, 'GET /readyz')).status, 200)
  const sent = await call(gateway, 'POST /api/parcels', {
    token: await login(host, 'Demo'),
    json: { weight: 2 },
  })
  assert.equal(sent.status, 201)

  await host.stop()
  await assert.rejects(call(gateway, 'GET /healthz'))
  await assert.rejects(call(admin, 'GET /healthz'))
  assert.deepEqual(closed.toSorted(), ['backends', 'counter', 'depot', 'simulator', 'user'])
  assert.equal(closed.at(-1), 'backends')
})

test('A request in hand is answered before the host stops', async () => {
  const { backends, closed } = memoryBackends((store) =>
    store.service === 'counter'
      ? { ...store, transact: (...args) => passes(100).then(() => store.transact(...args)) }
      : store,
  )
  const host = await startPostOffice({ backends })
  const token = await login(host, 'Demo')
  const sending = call(host.systems[0]!, 'POST /api/parcels', { token, json: { weight: 2 } })
  await passes(30)
  await host.stop()
  assert.equal(closed.at(-1), 'backends')
  assert.equal((await sending).status, 201)
})

test('While the backends are away, the host is not ready', async () => {
  const { backends } = memoryBackends()
  const host = await startPostOffice({ backends: { ...backends, ready: async () => false } })
  const answers = await Promise.all(
    [host.systems[0]!.address, host.adminAddress].map((address) => call({ address }, 'GET /readyz')),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503],
  )
  await host.stop()
})

test('Each service and the gateway have a heartbeat', async () => {
  const { backends } = memoryBackends()
  const host = await startPostOffice({ backends })
  const instances = await directoryOf('post', backends.heartbeats).instances()
  assert.deepEqual(
    instances.map(({ service, status }) => `${service} ${status}`),
    ['counter up', 'depot up', 'user up', 'gateway up'],
  )
  await host.stop()
})

test('The simulated provider is what the system pays with, and its book is shown', async () => {
  let outside: Parameters<Application['create']>[0] | undefined
  const host = await startPostOffice({
    applications: [{ ...postOffice, create: (given) => postOffice.create((outside = given)) }],
  })
  await outside!.payments.charge({
    key: 'stamp',
    amount: { amount: 500, currency: 'KRW' },
    token: 'tok_ok',
    reference: 'stamp 1',
    signal: new AbortController().signal,
  })
  const { body } = await call(host.systems[0]!, 'GET /simulator/charges')
  const [{ at, ...charge }] = body.items
  assert.ok(!Number.isNaN(Date.parse(at)))
  assert.deepEqual(charge, {
    key: 'stamp',
    kind: 'charge',
    status: 'succeeded',
    amount: { amount: 500, currency: 'KRW' },
    reference: 'stamp 1',
  })
  assert.equal((await call(host.systems[0]!, 'GET /simulator/charges?limit=101')).status, 422)
  await host.stop()
})

test('Demo data is made at the start, and what does not fit stops it', async () => {
  const send = postOffice.create(undefined as never).services[0]!.commands[0]!
  const host = await startPostOffice({
    applications: [{ ...postOffice, demo: ({ submit }) => submit(send, { weight: 1 }) }],
  })
  assert.equal(
    (await host.systems[0]!.stores.get('counter')!.published(0, ['parcel-sent'], 9)).events.length,
    1,
  )
  await host.stop()

  const other = command('other', {
    input: Type.Object({}),
    at: entity('other', {}),
    id: () => 'one',
    emits: [],
    decide: () => undefined,
  })
  await assert.rejects(
    startPostOffice({ applications: [{ ...postOffice, demo: ({ submit }) => submit(other, {}) }] }),
    /other is a command of no service of post/,
  )
})

test('Outside demo mode there are no demo accounts and no book', async () => {
  const host = await startPostOffice({ config: { demo: false } })
  assert.equal(await login(host, 'Admin'), undefined)
  assert.equal((await call(host.systems[0]!, 'GET /simulator/charges')).status, 404)
  await host.stop()
})

test('What has started is stopped again when the rest cannot start', async (context) => {
  const taken = createServer().listen(0, '127.0.0.1')
  context.after(() => taken.close())
  await once(taken, 'listening')
  const consolePort = (taken.address() as AddressInfo).port
  const { backends, closed } = memoryBackends()
  await assert.rejects(
    startPostOffice({ backends, config: { consolePort } }),
    /WAYBILL_PORT_CONSOLE .* EADDRINUSE/,
  )
  assert.equal(closed.at(-1), 'backends')
  assert.equal(closed.length, 5)
})

test('An engine that meets a broken invariant is reported', async () => {
  let broken = false
  const { backends } = memoryBackends((store) => ({
    ...store,
    due: (ask) =>
      broken && store.service === 'depot'
        ? Promise.reject(new WaybillError('INVARIANT_BROKEN', 'positions have a gap'))
        : store.due(ask),
  }))
  const host = await startPostOffice({ backends })
  broken = true
  assert.match(messageOf(await host.crashed), /positions have a gap/)
  await assert.rejects(host.stop(), /positions have a gap/)
})

test(
  'A partition that is halted is named by whoever says that it is ready',
  { timeout: 20_000 },
  async () => {
    let broken = false
    const { backends } = memoryBackends((store) => ({
      ...store,
      transact: (...args) =>
        broken && store.service === 'depot'
          ? Promise.reject(new WaybillError('INVARIANT_BROKEN', 'positions have a gap'))
          : store.transact(...args),
    }))
    const host = await startPostOffice({ backends })
    const token = await login(host, 'Demo')
    const send = (): ReturnType<typeof call> =>
      call(host.systems[0]!, 'POST /api/parcels', { token, json: { weight: 2 } })
    broken = true
    await send()
    const places = [host.systems[0]!, { address: host.adminAddress }]
    for (const place of places) {
      let answer = await call(place, 'GET /readyz')
      while (answer.body.halted === undefined) {
        await passes(20)
        answer = await call(place, 'GET /readyz')
      }
      assert.equal(answer.status, 200)
      const [{ partition, ...halt }] = answer.body.halted
      assert.equal(typeof partition, 'number')
      assert.deepEqual(halt, {
        system: 'post',
        service: 'depot',
        source: 'counter/parcel-sent',
        code: 'INVARIANT_BROKEN',
      })
    }
    // The counter is open.
    assert.equal((await send()).status, 201)
    await host.stop()
  },
)

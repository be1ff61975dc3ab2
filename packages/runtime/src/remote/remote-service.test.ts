import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import {
  command,
  createEngine,
  entity,
  event,
  jsonCodec,
  memoryStore,
  query,
  refuse,
  service,
  type ServiceClient,
  storeLog,
  system,
  systemCaller,
} from '@waybill/core'
import { virtualClock } from '@waybill/testing'
import { pino } from 'pino'
import Type from 'typebox'
import { systemClock } from '../clock.ts'
import { createIds } from '../ids.ts'
import { createLinks } from './links.ts'
import { remoteService } from './remote-service.ts'
import { serveEngines } from './serve-engines.ts'

const Raised = event('Raised', { topic: 'raised', key: 'id', data: Type.Object({ id: Type.String() }) })
const Counter = entity('counter', { n: 0 }).evolve(Raised, ({ n }) => ({ n: n + 1 }))
const raise = command('raise', {
  input: Type.Object({ id: Type.String() }),
  at: Counter,
  id: ({ id }) => id,
  emits: [Raised],
  decide: ({ n }, { id }) => (n < 3 ? Raised({ id }) : refuse('FULL', 'It is full.')),
  output: Type.Object({ n: Type.Integer() }),
  reply: ({ n }) => ({ n }),
})
const count = query('count', {
  input: Type.Object({ id: Type.String() }),
  output: Type.Object({ n: Type.Integer() }),
  answer: async (read, { id }) => {
    if (id === 'broken') throw new Error('a secret of the inside')
    return read.entity(Counter, id)
  },
})
const counters = service('counters', { entities: [Counter], commands: [raise], queries: [count] })

const secret = 'a secret that only these tests know'
const nowhere = 'http://127.0.0.1:1'

async function serve(host = '127.0.0.1'): Promise<string> {
  const store = memoryStore(counters.name)
  await store.open(counters)
  const stores = new Map([[counters.name, store]])
  const engine = createEngine({
    system: system('test', [counters]),
    service: counters,
    store,
    log: storeLog({ stores, clock: systemClock }),
    codec: jsonCodec,
    clock: systemClock,
    ids: createIds(),
    ask: () => Promise.reject(new Error('nobody to ask')),
  })
  await engine.start()
  const logger = pino({ level: 'silent' })
  const server = await serveEngines({
    engines: [engine],
    host,
    port: 0,
    jwtSecret: secret,
    logger,
  })
  after(async () => {
    await server.close()
    await engine.stop()
  })
  return server.address
}

function reach(addresses: readonly string[], clock = systemClock, jwtSecret = secret): ServiceClient {
  return remoteService({
    service: counters,
    addresses: async () => addresses,
    links: createLinks(jwtSecret),
    clock,
    ids: createIds(),
  })
}

const as = { caller: systemCaller }

test('a service in another process answers as one in this process does', async () => {
  const remote = reach([await serve()])
  const first = await remote.submit(raise, { id: 'a' }, as)
  assert.ok(!first.refused)
  assert.deepEqual([first.id, first.reply, first.settled, first.replayed], ['a', { n: 1 }, true, false])
  assert.deepEqual(await remote.ask(count, { id: 'a' }, systemCaller), { n: 1 })
  assert.deepEqual(await remote.read.entity(Counter, 'a'), { n: 1 })
  for (let n = 0; n < 2; n += 1) await remote.submit(raise, { id: 'a' }, as)
  const refused = await remote.submit(raise, { id: 'a' }, as)
  assert.ok(refused.refused && refused.code === 'FULL')
})

test('a service that listens on every address does not call itself by the loopback', async () => {
  assert.doesNotMatch(await serve('0.0.0.0'), /127\.0\.0\.1|0\.0\.0\.0/)
})

test('an idempotency key holds across processes', async () => {
  const remote = reach([await serve()])
  const how = { ...as, idempotency: { slot: 'order 1', fingerprint: 'x' } }
  await remote.submit(raise, { id: 'a' }, how)
  const again = await remote.submit(raise, { id: 'a' }, how)
  assert.ok(!again.refused && again.replayed)
  assert.deepEqual(again.reply, { n: 1 })
  const other = { ...as, idempotency: { slot: 'order 1', fingerprint: 'y' } }
  await assert.rejects(remote.submit(raise, { id: 'a' }, other), { code: 'IDEMPOTENCY_KEY_REUSED' })
})

test('an instance that does not answer is passed over', async () => {
  const remote = reach([nowhere, await serve(), nowhere])
  for (let n = 1; n <= 3; n += 1) {
    const answer = await remote.submit(raise, { id: 'a' }, as)
    assert.ok(!answer.refused)
    assert.deepEqual(answer.reply, { n })
  }
})

test('an instance that hangs holds up one call at most, and not for long', async () => {
  const sockets: Socket[] = []
  const hanging = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(hanging, 'listening')
  after(() => {
    for (const socket of sockets) socket.destroy()
    hanging.close()
  })
  const { port } = hanging.address() as AddressInfo
  const remote = reach([`http://127.0.0.1:${port}`, await serve()])
  const begin = performance.now()
  for (let n = 1; n <= 3; n += 1) await remote.submit(raise, { id: 'a' }, as)
  assert.ok(performance.now() - begin < 2_000)
})

test('each of two instances has its share, in whatever rhythm the calls come', async () => {
  const addresses = [await serve(), await serve()]
  const remote = reach(addresses)
  const ids = Array.from({ length: 40 }, (_, n) => String(n))
  for (const id of ids) {
    await remote.ask(count, { id }, systemCaller)
    await remote.submit(raise, { id }, as)
  }
  for (const address of addresses) {
    const alone = reach([address])
    const counted = await Promise.all(ids.map((id) => alone.read.entity(Counter, id)))
    assert.ok(counted.some(({ n }) => n > 0))
  }
})

test('when none answers, the call fails after a while, and says of which service', async () => {
  const clock = virtualClock()
  const failed = assert.rejects(reach([], clock).ask(count, { id: 'a' }, systemCaller), {
    code: 'SERVICE_UNAVAILABLE',
    message: /counters/,
  })
  await clock.advance(6_000)
  await failed
})

test('errors of the inside stay inside, and strangers outside', async () => {
  const address = await serve()
  await assert.rejects(reach([address]).ask(count, { id: 'broken' }, systemCaller), {
    code: 'INVARIANT_BROKEN',
  })
  const stranger = await fetch(`${address}/services`)
  assert.equal(stranger.status, 401)
})

test('what any instance commits is heard in another process', async () => {
  const addresses = [await serve(), await serve()]
  const heard = new Set<string>()
  const both = Promise.withResolvers<void>()
  const untail = reach(addresses).tail((events) => {
    for (const { data } of events) heard.add(data['id'] as string)
    if (heard.size === addresses.length) both.resolve()
  })
  const remotes = addresses.map((address) => ({ address, remote: reach([address]) }))
  const raising = setInterval(() => {
    for (const { address, remote } of remotes) remote.submit(raise, { id: address }, as).catch(() => {})
  }, 20)
  await both.promise
  clearInterval(raising)
  untail()
})

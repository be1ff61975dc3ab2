import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  command,
  createEngine,
  type Engine,
  entity,
  internal,
  jsonCodec,
  memoryStore,
  query,
  service,
  storeLog,
  system,
  systemCaller,
} from '@waybill/core'
import pino from 'pino'
import Type from 'typebox'
import WebSocket, { WebSocketServer } from 'ws'
import { systemClock } from '../clock.ts'
import { createIds } from '../ids.ts'
import { LinkBroken, openLink } from './link.ts'
import { type EngineServer, serveEngines } from './serve-engines.ts'
import { internalToken, linkPath } from './wire.ts'

const input = Type.Object({ id: Type.String() })
const Raised = internal('Raised', { data: input })
const Counter = entity('counter', { n: 0 }).evolve(Raised, ({ n }) => ({ n: n + 1 }))
const raise = command('raise', {
  input,
  at: Counter,
  id: ({ id }) => id,
  emits: [Raised],
  decide: (_, { id }) => Raised({ id }),
})
const big = query('big', {
  input,
  output: Type.Unknown(),
  answer: async (_, { id }) => (id === 'long' ? 'x'.repeat(33 * 1024 * 1024) : 1n),
})
const counters = service('counters', { entities: [Counter], commands: [raise], queries: [big] })
const secret = 'a secret that only these tests know'
const how = { caller: { userId: 'u', roles: [] } }

describe('Whoever has a token of the link', () => {
  let engine: Engine
  let server: EngineServer
  let logged: string

  before(async () => {
    const store = memoryStore(counters.name)
    await store.open(counters)
    engine = createEngine({
      system: system('test', [counters]),
      service: counters,
      store,
      log: storeLog({ stores: new Map([[counters.name, store]]), clock: systemClock }),
      codec: jsonCodec,
      clock: systemClock,
      ids: createIds(),
      ask: () => Promise.reject(new Error('nobody to ask')),
    })
    await engine.start()
    logged = ''
    const logger = pino({}, { write: (line: string) => void (logged += line) })
    server = await serveEngines({ engines: [engine], host: '127.0.0.1', port: 0, jwtSecret: secret, logger })
  })

  after(async () => {
    await server.close()
    await engine.stop()
  })

  async function connect(): Promise<WebSocket> {
    const socket = new WebSocket(`${server.address.replace('http', 'ws')}${linkPath}`, {
      headers: { authorization: `Bearer ${internalToken(secret)}` },
    })
    socket.on('error', () => {})
    await once(socket, 'open')
    return socket
  }

  /** Sends a message and gives what is answered. */
  async function ask(message: object): Promise<any> {
    const socket = await connect()
    socket.send(JSON.stringify([message]))
    const [frame] = (await once(socket, 'message')) as [Buffer]
    socket.terminate()
    return JSON.parse(frame.toString())[0]
  }

  const works = async (): Promise<void> => {
    const link = openLink(server.address, secret)
    await link.call('counters', 'submit', {
      command: 'raise',
      input: { id: 'ok' },
      how: { caller: systemCaller },
    })
    link.close()
  }

  it('does not end the process by frames that are no calls', async () => {
    for (const frame of ['{', 'null', '7', '{}', '[null]', '[{}]', '["x"]', '['.repeat(300_000)]) {
      const socket = await connect()
      socket.send(frame)
      const [code] = (await once(socket, 'close')) as [number]
      assert.equal(code, 1007, frame.slice(0, 10))
    }
    const socket = await connect()
    socket.send('x'.repeat(33 * 1024 * 1024))
    await once(socket, 'close')
    await works()
    assert.doesNotMatch(logged, /\bat .*\.ts:/)
  })

  it('is told what is wrong with a call, and nothing happens', async () => {
    const submit = (body: object, more: object = {}): object => ({
      id: 1,
      service: 'counters',
      kind: 'submit',
      body: { command: 'raise', input: { id: 'attacked' }, how, ...body },
      ...more,
    })
    const calls = [
      submit({}, { service: 'nobody' }),
      submit({}, { service: 'nobody', kind: 'tail', body: {} }),
      submit({}, { kind: 'constructor' }),
      submit({}, { kind: '__proto__' }),
      submit({}, { service: '__proto__' }),
      submit({}, { body: null }),
      submit({ command: 'toString' }),
      submit({ input: {} }),
      submit({ input: undefined }),
      submit({ input: { id: 7 } }),
      submit({ how: {} }),
      submit({ how: { caller: { userId: 'u', roles: null } } }),
      submit({ how: { caller: { userId: 'u', roles: 'admin' } } }),
      submit({ how: { ...how, correlationId: "'; drop" } }),
      submit({ how: { ...how, waitMs: 'long' } }),
      submit({ how: { ...how, waitMs: 1e300 } }),
      submit({ how: { ...how, traceparent: 'x' } }),
      submit({ how: { ...how, idempotency: { slot: 'a', fingerprint: 'b', keepMs: 1e300 } } }),
      submit({ how: { ...how, idempotency: { slot: 'a\u0000', fingerprint: 'b' } } }),
      submit({ how: { ...how, idempotency: { slot: 7, fingerprint: {} } } }),
    ]
    for (const call of calls) {
      const { id, failure } = await ask(call)
      assert.deepEqual([id, failure?.code], [1, 'CALL_INVALID'], JSON.stringify(call))
    }
    assert.deepEqual(await engine.read.entity(Counter, 'attacked'), { n: 0 })
    await works()
  })

  it('does not end the link by an answer that is no JSON, or too large', async () => {
    const link = openLink(server.address, secret)
    const asked = ['a', 'long'].map((id) =>
      link.call('counters', 'ask', { query: 'big', input: { id }, caller: how.caller }),
    )
    const fine = link.call('counters', 'entity', { entity: 'counter', id: 'a' })
    for (const one of asked) await assert.rejects(one, { code: 'CALL_INVALID' })
    await fine
    assert.equal(link.state, 'open')
    link.close()
  })

  it('does not end a process that calls it', async () => {
    const http = createServer().listen(0, '127.0.0.1')
    await once(http, 'listening')
    const nonsense = [
      '{',
      'null',
      '[{}]',
      '[null]',
      '[{"id":1,"failure":null}]',
      '[{"id":1,"failure":{"code":7}}]',
      '[{"id":1}]',
    ]
    let next = 0
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      socket.on('message', () => socket.send(nonsense[next]!))
    })
    const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    for (; next < nonsense.length; next += 1) {
      const link = openLink(address, secret)
      await assert.rejects(link.call('counters', 'entity', { entity: 'counter', id: 'a' }), LinkBroken)
      link.close()
    }
    http.closeAllConnections()
    http.close()
  })

  it('hears nothing of a service that is not there, and a listener that throws does not end the link', async () => {
    const link = openLink(server.address, secret)
    await assert.rejects(
      link.listen('nobody', () => {}),
      { code: 'CALL_INVALID' },
    )
    const warned = once(process, 'warning')
    void link
      .listen('counters', () => {
        throw new Error('of a listener')
      })
      .catch(() => {})
    await link.call('counters', 'submit', {
      command: 'raise',
      input: { id: 'a' },
      how: { caller: systemCaller },
    })
    const [warning] = (await warned) as [Error]
    assert.equal(warning.message, 'of a listener')
    assert.equal(link.state, 'open')
    link.close()
  })
})

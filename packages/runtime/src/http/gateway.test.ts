import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import {
  command,
  type Engine,
  entity,
  event,
  query,
  refuse,
  service,
  type Submission,
  system,
  WaybillError,
} from '@waybill/core'
import { pino } from 'pino'
import Type from 'typebox'
import type { Gateway } from './gateway.ts'
import { call, fakeEngine, testGateway, token } from './test-kit.ts'

const Done = event('Done', { topic: 'done', key: 'id', data: Type.Object({ id: Type.String() }) })
const Order = entity('order', {})
const decision = { at: Order, id: () => 'o1', emits: [Done], decide: () => undefined } as const
const Line = Type.Object({ productId: Type.Integer(), quantity: Type.Integer({ minimum: 1 }) })

const place = command('place-order', {
  ...decision,
  http: 'POST /api/orders',
  role: 'user',
  input: Type.Object({
    orderItems: Type.Array(Line, { minItems: 1 }),
    address: Type.String({ minLength: 1 }),
    email: Type.Optional(Type.String({ format: 'email' })),
    ref: Type.Optional(Type.String({ format: 'uuid' })),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    method: Type.Optional(Type.Union([Type.Literal('CARD'), Type.Literal('CASH')])),
    size: Type.Optional(Type.Enum(['S', 'M'])),
    'a/b': Type.Optional(Type.Integer()),
  }),
})
const cancel = command('cancel-order', {
  ...decision,
  http: 'POST /api/orders/{orderId}/cancel',
  status: 202,
  input: Type.Object({ orderId: Type.Integer(), reason: Type.Optional(Type.String()) }),
})
const remove = command('remove-order', {
  ...decision,
  http: 'DELETE /api/orders/{orderId}',
  role: 'admin',
  input: Type.Object({ orderId: Type.Integer(), force: Type.Optional(Type.Boolean()) }),
})
const hidden = command('hidden', { ...decision, input: Type.Object({}) })
const getOrder = query('order', {
  http: 'GET /api/orders/{orderId}',
  input: Type.Object({ orderId: Type.Integer() }),
  output: Type.Object({ orderId: Type.Integer() }),
  answer: async () => ({ orderId: 1 }),
})
const listOrders = query('orders', {
  http: 'GET /api/orders',
  input: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    open: Type.Optional(Type.Boolean()),
    status: Type.Optional(Type.Array(Type.Enum(['PENDING', 'CONFIRMED']))),
  }),
  output: Type.Object({ items: Type.Array(Type.Unknown()) }),
  answer: async () => ({ items: [] }),
})
const orders = service('order', {
  entities: [Order],
  commands: [place, cancel, remove, hidden],
  queries: [getOrder, listOrders],
})
const elsewhere = service('elsewhere', {
  queries: [
    query('far', {
      http: 'GET /api/far',
      input: Type.Object({}),
      output: Type.Object({}),
      answer: async () => ({}),
    }),
  ],
})

const good = { orderItems: [{ productId: 1, quantity: 2 }], address: 'here' }
const accepted = {
  refused: false,
  id: 'o1',
  reply: { id: 'o1' },
  correlationId: 'c',
  settled: true,
  replayed: false,
}

suite('the gateway', () => {
  let gateway: Gateway
  let ready = true
  let sent: { name: string; input: any; how: Submission } | undefined
  let answer: () => unknown
  const logged: string[] = []

  before(async () => {
    const submit: Engine['submit'] = async ({ name }, input, how) => {
      sent = { name, input, how }
      return answer() as never
    }
    const ask: Engine['ask'] = async ({ name }, input, caller) => {
      sent = { name, input, how: { caller } }
      return answer() as never
    }
    gateway = await testGateway({
      system: system('test', [orders, elsewhere]),
      engines: new Map([['order', fakeEngine(orders, { submit, ask })]]),
      logger: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
      readiness: async () => {
        if (ready) return true
        throw new Error('no store')
      },
      routes: async ({ http, engine, caller }) => {
        http.get('/own', () => ({ service: engine('order').service.name }))
        http.get('/mine', (request) => ({ userId: caller(request).userId }))
        http.get('/missing', () => engine('elsewhere').service.name)
        http.get('/ws', { websocket: true }, (socket) =>
          socket.on('message', (text: Buffer) => socket.send(text)),
        )
      },
    })
  })
  after(() => gateway.close())

  const post = (json: unknown, headers: Record<string, string> = {}): ReturnType<typeof call> =>
    call(gateway, 'POST /api/orders', { json, headers, token: token() })

  suite('commands', () => {
    test('a command gets its input, its caller and a correlation id', async () => {
      answer = () => accepted
      const { status, body, headers } = await post(good)
      assert.equal(status, 201)
      assert.deepEqual(body, { id: 'o1' })
      assert.equal(headers.get('location'), '/api/orders/o1')
      assert.match(headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/)
      assert.deepEqual(sent, {
        name: 'place-order',
        input: good,
        how: {
          caller: { userId: 'u1', roles: ['user'] },
          correlationId: headers.get('x-correlation-id'),
          traceparent: undefined,
          idempotency: undefined,
          waitMs: undefined,
        },
      })
    })

    test('properties that the schema does not name are dropped at any depth', async () => {
      answer = () => accepted
      await post({ ...good, admin: true, orderItems: [{ productId: 1, quantity: 2, price: 0 }] })
      assert.deepEqual(sent!.input, good)
    })

    test('the path wins over the body, and is read as its schema says', async () => {
      answer = () => accepted
      const { status, headers } = await call(gateway, 'POST /api/orders/7/cancel', {
        json: { orderId: 8, reason: 'late' },
      })
      assert.equal(status, 202)
      assert.equal(headers.get('location'), null)
      assert.deepEqual(sent!.input, { orderId: 7, reason: 'late' })
      assert.deepEqual(sent!.how.caller, { userId: 'anonymous', roles: [] })
    })

    test('a body is optional where no field of it is required', async () => {
      answer = () => accepted
      for (const headers of [{}, { 'content-type': 'application/json' }]) {
        assert.equal((await call(gateway, 'POST /api/orders/7/cancel', { headers })).status, 202)
        assert.deepEqual(sent!.input, { orderId: 7 })
      }
    })

    test('DELETE reads the query string', async () => {
      answer = () => accepted
      const { status } = await call(gateway, 'DELETE /api/orders/7?force=true', {
        token: token({ roles: ['admin'] }),
      })
      assert.equal(status, 200)
      assert.deepEqual(sent!.input, { orderId: 7, force: true })
    })

    test('commands without a route, and services that run elsewhere, have none', async () => {
      assert.equal((await call(gateway, 'POST /hidden')).status, 404)
      assert.equal((await call(gateway, 'GET /api/far')).status, 404)
    })

    test('correlation id and trace context come from the caller, if they are valid', async () => {
      answer = () => accepted
      const mine = '01920000-0000-7000-8000-00000000000A'
      const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      const { headers } = await post(good, { 'x-correlation-id': mine, traceparent: trace })
      assert.equal(headers.get('x-correlation-id'), mine.toLowerCase())
      assert.equal(sent!.how.correlationId, mine.toLowerCase())
      assert.equal(sent!.how.traceparent, trace)

      await post(good, { 'x-correlation-id': 'x', traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` })
      assert.match(sent!.how.correlationId!, /^[0-9a-f-]{36}$/)
      assert.equal(sent!.how.traceparent, undefined)
    })

    test('Prefer: wait', async () => {
      answer = () => accepted
      const waits: Record<string, number | undefined> = {
        'wait=5': 5_000,
        'respond-async, Wait = "7"': 7_000,
        'wait=100': 30_000,
        'wait=0': 0,
        'wait=-1': undefined,
        'wait=soon': undefined,
        'await=5': undefined,
      }
      for (const [prefer, ms] of Object.entries(waits)) {
        const { headers } = await post(good, { prefer })
        assert.equal(sent!.how.waitMs, ms, prefer)
        assert.equal(headers.get('preference-applied'), ms === undefined ? null : 'wait', prefer)
      }
    })

    test('Idempotency-Key: a slot for caller, route and key, a fingerprint of the request', async () => {
      answer = () => accepted
      const idempotency = async (
        key: string,
        json: object = good,
        sub = 'u1',
      ): Promise<NonNullable<Submission['idempotency']>> => {
        await call(gateway, 'POST /api/orders', {
          json,
          headers: { 'idempotency-key': key },
          token: token({ sub }),
        })
        return sent!.how.idempotency!
      }
      const first = await idempotency('k1')
      assert.match(first.slot, /^[0-9a-f]{64}$/)
      assert.deepEqual(await idempotency('k1'), first)
      const otherBody = await idempotency('k1', { ...good, address: 'there' })
      assert.equal(otherBody.slot, first.slot)
      assert.notEqual(otherBody.fingerprint, first.fingerprint)
      assert.notEqual((await idempotency('k2')).slot, first.slot)
      assert.notEqual((await idempotency('k1', good, 'u2')).slot, first.slot)

      const tooLong = await post(good, { 'idempotency-key': 'k'.repeat(256) })
      assert.deepEqual([tooLong.status, tooLong.body.code], [400, 'IDEMPOTENCY_KEY_INVALID'])
    })

    test('a replay says so, with the correlation id of the first request', async () => {
      answer = () => ({ ...accepted, replayed: true, correlationId: 'of-the-first' })
      const { status, body, headers } = await post(good, { 'idempotency-key': 'k' })
      assert.deepEqual([status, body], [201, { id: 'o1' }])
      assert.equal(headers.get('idempotency-replayed'), 'true')
      assert.equal(headers.get('x-correlation-id'), 'of-the-first')
      assert.equal(headers.get('location'), '/api/orders/o1')
    })
  })

  suite('queries', () => {
    test('the query string is read as the schema says, defaults included', async () => {
      answer = () => ({ items: [] })
      const { status, body } = await call(
        gateway,
        'GET /api/orders?open=false&status=PENDING&status=CONFIRMED&x=1',
      )
      assert.deepEqual([status, body], [200, { items: [] }])
      assert.deepEqual(sent!.input, { limit: 20, open: false, status: ['PENDING', 'CONFIRMED'] })
      await call(gateway, 'GET /api/orders?limit=5&status=PENDING')
      assert.deepEqual(sent!.input, { limit: 5, status: ['PENDING'] })
    })

    test('bad parameters are named', async () => {
      const { status, body } = await call(gateway, 'GET /api/orders?limit=1.5&open=yes&status=GONE')
      assert.equal(status, 422)
      assert.deepEqual(body.errors, [
        { pointer: '/limit', detail: 'must be integer' },
        { pointer: '/open', detail: 'must be boolean' },
        { pointer: '/status/0', detail: 'must be "PENDING" or "CONFIRMED"' },
      ])
      assert.equal((await call(gateway, 'GET /api/orders?limit=1&limit=2')).body.errors[0].pointer, '/limit')
      assert.equal((await call(gateway, 'GET /api/orders/x')).body.errors[0].pointer, '/orderId')
    })

    test('a refusal of a query', async () => {
      answer = () => refuse('NO_SUCH_ORDER', 'There is no such order.', { kind: 'not-found' })
      const { status, body } = await call(gateway, 'GET /api/orders/1')
      assert.deepEqual([status, body.code], [404, 'NO_SUCH_ORDER'])
    })
  })

  suite('problems', () => {
    test('every bad field is named with its pointer', async () => {
      const { status, body, headers } = await post({
        orderItems: [{ productId: 'x', quantity: 0 }, {}, 7],
        email: 'nobody',
        ref: 'r',
        at: 'yesterday',
        method: 'GOLD',
        size: 'XL',
        'a/b': 1.5,
      })
      assert.equal(status, 422)
      assert.match(headers.get('content-type')!, /^application\/problem\+json/)
      const { errors, ...rest } = body
      assert.deepEqual(rest, {
        type: 'urn:waybill:problem:INPUT_INVALID',
        title: 'Unprocessable Entity',
        status: 422,
        detail: 'Some fields are wrong or missing; see `errors`.',
        code: 'INPUT_INVALID',
      })
      assert.deepEqual(errors, [
        { pointer: '/address', detail: 'is required' },
        { pointer: '/orderItems/0/productId', detail: 'must be integer' },
        { pointer: '/orderItems/0/quantity', detail: 'must be >= 1' },
        { pointer: '/orderItems/1/productId', detail: 'is required' },
        { pointer: '/orderItems/1/quantity', detail: 'is required' },
        { pointer: '/orderItems/2', detail: 'must be object' },
        { pointer: '/email', detail: 'must match format "email"' },
        { pointer: '/ref', detail: 'must match format "uuid"' },
        { pointer: '/at', detail: 'must match format "date-time"' },
        { pointer: '/method', detail: 'must be "CARD" or "CASH"' },
        { pointer: '/size', detail: 'must be "S" or "M"' },
        { pointer: '/a~1b', detail: 'must be integer' },
      ])
    })

    test('a body that is no object', async () => {
      for (const json of [[], 'text', 7]) {
        const { status, body } = await post(json)
        assert.deepEqual([status, body.errors], [422, [{ pointer: '', detail: 'must be an object' }]])
      }
    })

    const unreadable = (body: string, type = 'application/json'): ReturnType<typeof call> =>
      call(gateway, 'POST /api/orders', { body, headers: { 'content-type': type }, token: token() })
    const refusedUnread: Record<string, [() => ReturnType<typeof call>, number, string]> = {
      'broken JSON': [() => unreadable('{"a":'), 400, 'REQUEST_UNREADABLE'],
      'a poisoned prototype': [() => unreadable('{"__proto__":{}}'), 400, 'REQUEST_UNREADABLE'],
      'a malformed address': [() => call(gateway, 'GET /api/orders/%ZZ'), 400, 'REQUEST_UNREADABLE'],
      'more than 1 MB': [() => unreadable(JSON.stringify('x'.repeat(1024 * 1024))), 413, 'BODY_TOO_LARGE'],
      'another media type': [() => unreadable('a=b', 'text/plain'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
      'an unknown address': [() => call(gateway, 'GET /nowhere'), 404, 'NOT_FOUND'],
    }
    for (const [name, [send, status, code]] of Object.entries(refusedUnread)) {
      test(`${name}: ${status}`, async () => {
        const { status: answered, body, headers } = await send()
        assert.deepEqual([answered, body.status, body.code], [status, status, code])
        assert.match(headers.get('content-type')!, /^application\/problem\+json/)
        assert.match(headers.get('x-correlation-id')!, /^[0-9a-f-]{36}$/)
      })
    }

    test('refusals by their kind', async () => {
      const statuses = {
        invalid: 422,
        conflict: 409,
        'not-found': 404,
        forbidden: 403,
        'payment-required': 402,
      } as const
      for (const [kind, status] of Object.entries(statuses)) {
        answer = () => refuse('NO', 'No.', { kind: kind as keyof typeof statuses })
        const { status: answered, body, headers } = await post(good, { prefer: 'wait=1' })
        assert.deepEqual([answered, body.code, body.detail, body.errors], [status, 'NO', 'No.', undefined])
        assert.equal(headers.get('location'), null)
      }
      answer = () => refuse('UNKNOWN_PRODUCT', 'No such product.', { pointer: '/orderItems/0/productId' })
      const { status, body } = await post(good)
      assert.equal(status, 422)
      assert.deepEqual(body.errors, [{ pointer: '/orderItems/0/productId', detail: 'No such product.' }])
    })

    test('what may work later: 503 with Retry-After', async () => {
      for (const code of [
        'OVERLOADED',
        'STOPPING',
        'STORE_UNAVAILABLE',
        'EFFECT_FAILED',
        'ASK_FAILED',
      ] as const) {
        answer = () => {
          throw new WaybillError(code, 'host db-7 is down')
        }
        const { status, body, headers } = await post(good)
        assert.deepEqual([status, body.code, headers.get('retry-after')], [503, code, '1'])
        assert.doesNotMatch(JSON.stringify(body), /db-7/)
      }
    })

    test('an idempotency key used with another request', async () => {
      answer = () => {
        throw new WaybillError('IDEMPOTENCY_KEY_REUSED', 'used')
      }
      const { status, body } = await post(good, { 'idempotency-key': 'k' })
      assert.deepEqual([status, body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    })

    test('anything else: 500, which tells nothing outside and everything inside', async () => {
      for (const error of [
        new Error('password is 123'),
        new WaybillError('DECIDE_FAILED', 'password is 123'),
      ]) {
        logged.length = 0
        answer = () => {
          throw error
        }
        const { status, body, headers } = await post(good)
        assert.deepEqual([status, body.code], [500, 'INTERNAL_ERROR'])
        assert.doesNotMatch(JSON.stringify(body), /password/)
        assert.equal(logged.length, 1)
        const line = JSON.parse(logged[0]!) as Record<string, unknown>
        assert.equal(line['correlationId'], headers.get('x-correlation-id'))
        assert.equal(line['route'], '/api/orders')
        assert.match(logged[0]!, /password is 123/)
      }
    })
  })

  suite('who may', () => {
    const expired = Math.floor(Date.now() / 1_000) - 1
    const bad: Record<string, string | undefined> = {
      'no token': undefined,
      'no JWT': 'abc',
      'another key': token({}, {}, 'another secret of somebody else'),
      expired: token({ exp: expired }),
      'without an end': token({ exp: undefined }),
      'not yet valid': token({ nbf: expired + 100 }),
      'of another system': token({ aud: 'other' }),
      'of another issuer': token({ iss: 'other' }),
      'of another type': token({}, { typ: 'rt+jwt' }),
      'of another algorithm': token({}, { alg: 'HS512' }),
      'of no algorithm': `${token({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
    }
    for (const [name, jwt] of Object.entries(bad)) {
      test(`a token ${name}: 401`, async () => {
        const { status, body, headers } = await call(gateway, 'POST /api/orders', {
          json: good,
          ...(jwt === undefined ? {} : { token: jwt }),
        })
        assert.deepEqual([status, body.code], [401, 'UNAUTHENTICATED'])
        assert.equal(headers.get('www-authenticate'), 'Bearer')
      })
    }

    test('401 comes before the body is looked at', async () => {
      const { status } = await call(gateway, 'POST /api/orders', {
        body: '{',
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(status, 401)
    })

    test('another role: 403', async () => {
      const { status, body } = await call(gateway, 'DELETE /api/orders/7', { token: token() })
      assert.deepEqual([status, body.code], [403, 'FORBIDDEN'])
    })

    test('where anyone may, a token that does not hold does no harm, one that does is heeded', async () => {
      answer = () => ({ items: [] })
      assert.equal((await call(gateway, 'GET /api/orders', { token: 'abc' })).status, 200)
      assert.equal(sent!.how.caller.userId, 'anonymous')
      await call(gateway, 'GET /api/orders', { token: token() })
      assert.equal(sent!.how.caller.userId, 'u1')
    })
  })

  test('routes of the system itself', async () => {
    assert.deepEqual((await call(gateway, 'GET /own')).body, { service: 'order' })
    assert.deepEqual((await call(gateway, 'GET /mine', { token: token() })).body, { userId: 'u1' })
    assert.equal((await call(gateway, 'GET /mine')).status, 401)
    assert.equal((await call(gateway, 'GET /missing')).status, 500)
  })

  test('WebSockets of the system, with small messages only', async () => {
    const socket = new WebSocket(`${gateway.address.replace('http', 'ws')}/ws`)
    const next = (event: string): Promise<any> =>
      new Promise((resolve) => socket.addEventListener(event, resolve, { once: true }))
    await next('open')
    socket.send('hello')
    assert.equal(await (await next('message')).data.text(), 'hello')
    socket.send('x'.repeat(64 * 1024 + 1))
    assert.equal((await next('close')).code, 1009)
  })

  test('health', async () => {
    assert.deepEqual((await call(gateway, 'GET /healthz')).body, { status: 'alive' })
    assert.equal((await call(gateway, 'GET /readyz')).status, 200)
    ready = false
    const { status, body, headers } = await call(gateway, 'GET /readyz')
    assert.deepEqual([status, body.code, headers.get('retry-after')], [503, 'NOT_READY', '1'])
    ready = true
  })

  test('every answer carries the security headers', async () => {
    for (const request of ['GET /healthz', 'GET /nowhere', 'GET /api/orders/%ZZ']) {
      const { headers } = await call(gateway, request)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', request)
      assert.match(headers.get('content-security-policy')!, /default-src 'none'/, request)
      assert.equal(headers.get('cache-control'), 'no-store', request)
      assert.equal(headers.get('access-control-allow-origin'), null, request)
    }
  })
})

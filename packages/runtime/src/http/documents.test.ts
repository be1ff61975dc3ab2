import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { command, entity, event, query, service, system } from '@waybill/core'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { accounts } from '../auth/accounts.ts'
import type { Gateway } from './gateway.ts'
import type { SocketDescription } from './socket.ts'
import { call, examplesIn, fakeEngine, testGateway } from './test-kit.ts'

const Done = event('Done', { topic: 'done', key: 'id', data: Type.Object({ id: Type.String() }) })
const Order = entity('order', {})
const orders = service('order', {
  entities: [Order],
  commands: [
    command('place-order', {
      http: 'POST /api/shops/{shopId}/orders',
      role: 'user',
      input: Type.Object({
        shopId: Type.Integer(),
        items: Type.Array(Type.Object({ quantity: Type.Integer({ minimum: 3 }) }), { minItems: 2 }),
        ref: Type.Optional(Type.String({ format: 'uuid' })),
        method: Type.Union([Type.Literal('CARD'), Type.Null()]),
        note: Type.String({ minLength: 9, examples: ['ring twice'] }),
      }),
      at: Order,
      id: () => 'o1',
      emits: [Done],
      decide: () => undefined,
    }),
  ],
  queries: [
    query('orders', {
      http: 'GET /api/shops/{shopId}/orders',
      input: Type.Object({ shopId: Type.Integer(), limit: Type.Optional(Type.Integer({ default: 20 })) }),
      output: Type.Object({
        items: Type.Array(Type.Object({ code: Type.String({ pattern: '^[A-Z]{3}$' }) })),
      }),
      answer: async () => ({ items: [] }),
    }),
  ],
})

const socket: SocketDescription = {
  id: 'order.live',
  summary: 'Live',
  description: 'Opened with a ticket.',
  query: Type.Object({ ticket: Type.String() }),
  sends: Type.Object({ orderId: Type.Integer({ minimum: 7 }) }),
  closes: { 4401: 'The ticket is used.' },
}

describe('the documents of a gateway', () => {
  let gateway: Gateway
  let document: any

  before(async () => {
    gateway = await testGateway({
      system: system('test', [orders, accounts]),
      engines: new Map([orders, accounts].map((each) => [each.name, fakeEngine(each, {})])),
      routes: async ({ http }) => {
        http.get('/own/:thing', { schema: { summary: 'Its own' } }, () => 'x')
        http.get('/live', { websocket: true, config: { socket } }, () => {})
      },
    })
    document = (await call(gateway, 'GET /openapi.json')).body
  })
  after(() => gateway.close())

  const operations = (): any[] =>
    Object.values<any>(document.paths).flatMap((path) => Object.values<any>(path))

  test('names every address', () => {
    assert.equal(document.openapi, '3.1.0')
    assert.equal(document.info.title, 'test')
    assert.deepEqual(document.servers, [{ url: '/' }])
    assert.deepEqual(Object.keys(document.paths).toSorted(), [
      '/api/auth/login',
      '/api/auth/refresh',
      '/api/auth/register',
      '/api/shops/{shopId}/orders',
      '/live',
      '/own/{thing}',
    ])
  })

  test('has the structure that OpenAPI 3.1 asks for', async () => {
    assert.deepEqual(await new Validator().validate(structuredClone(document)), { valid: true })
    const ids = operations().flatMap(({ operationId }) => operationId ?? [])
    assert.equal(new Set(ids).size, ids.length)
    for (const [path, item] of Object.entries<any>(document.paths)) {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
      for (const { parameters, responses } of Object.values<any>(item)) {
        const declared = parameters.filter((each: any) => each.in === 'path')
        assert.deepEqual(
          declared.map(({ name }: any) => name),
          inPath,
        )
        assert.ok(declared.every(({ required }: any) => required === true))
        assert.ok(parameters.every(({ schema }: any) => schema !== undefined))
        for (const [status, { description }] of Object.entries<any>(responses)) {
          assert.match(status, /^[1-5]\d\d$/)
          assert.equal(typeof description, 'string')
        }
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path!,
    )
    for (const path of new Set(references)) {
      assert.ok(
        path.split('/').reduce((part, name) => part?.[name], document),
        `${path} is missing`,
      )
    }
  })

  test('describes a command', () => {
    const place = document.paths['/api/shops/{shopId}/orders'].post
    assert.equal(place.operationId, 'order.place-order')
    assert.equal(place.summary, 'Place order')
    assert.deepEqual(place.tags, ['order'])
    assert.deepEqual(place.security, [{ bearer: [] }])
    assert.deepEqual(
      place.parameters.map(({ name, in: where }: any) => `${where} ${name}`),
      ['path shopId', 'header Idempotency-Key', 'header Prefer'],
    )
    const { schema, example } = place.requestBody.content['application/json']
    assert.deepEqual(schema.required, ['items', 'method', 'note'])
    assert.deepEqual(Object.keys(schema.properties), ['items', 'ref', 'method', 'note'])
    assert.deepEqual(example, {
      items: [{ quantity: 3 }, { quantity: 3 }],
      ref: '01920000-0000-7000-8000-000000000000',
      method: 'CARD',
      note: 'ring twice',
    })
    assert.deepEqual(Object.keys(place.responses), [
      '201',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ])
    assert.ok(place.responses['422'].content['application/problem+json'].schema.$ref)
    assert.ok(place.responses['503'].headers['Retry-After'])
  })

  test('describes a query', () => {
    const list = document.paths['/api/shops/{shopId}/orders'].get
    assert.deepEqual(list.security, [], 'open, and said to be')
    assert.equal(list.requestBody, undefined)
    const [, limit] = list.parameters
    assert.deepEqual(limit, {
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', default: 20 },
      example: 20,
    })
    assert.deepEqual(Object.keys(list.responses), ['200', '400', '404', '422', '429', '500', '503'])
  })

  test('describes what login refuses', () => {
    for (const path of ['/api/auth/login', '/api/auth/refresh']) {
      assert.ok(document.paths[path].post.responses['401'], path)
    }
  })

  test('describes a WebSocket, for programs and for people', async () => {
    const live = document.paths['/live'].get
    assert.deepEqual(Object.keys(live.responses), ['101', '404', '429', '500', '503'])
    assert.deepEqual(
      live.parameters.map(({ name, in: where, required }: any) => [where, name, required]),
      [['query', 'ticket', true]],
    )
    assert.deepEqual(live['x-websocket'].closeCodes, { 4401: 'The ticket is used.' })
    assert.deepEqual(live['x-websocket'].messages.example, { orderId: 7 })
    assert.match(live.description, /^A WebSocket\. Opened with a ticket\.[^]*"orderId": 7[^]*\| 4401 \|/)
    // What stands in the document for a request that is no handshake.
    assert.equal((await call(gateway, 'GET /live')).status, 404)
  })

  test('gives examples that fit, and rather none than a wrong one', () => {
    const examples = examplesIn(document)
    assert.equal(examples.length, 4 + 4 + 4 + 1, 'bodies, answers, parameters, messages')
    for (const { schema, example } of examples) assert.ok(Check(schema, example), JSON.stringify(example))
    const { content } = document.paths['/api/shops/{shopId}/orders'].get.responses['200']
    assert.deepEqual(Object.keys(content['application/json']), ['schema'], 'no example fits the pattern')
  })

  test('can be read as a page that needs nothing from outside', async () => {
    const { status, body, headers } = await call(gateway, 'GET /docs')
    assert.equal(status, 200)
    assert.match(headers.get('content-security-policy')!, /default-src 'self'/)
    const sources = [...String(body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!)
    assert.ok(sources.length > 3)
    for (const source of sources) {
      assert.match(source, /^\/docs\/static\//)
      assert.equal((await call(gateway, `GET ${source}`)).status, 200, source)
    }
    const { body: start } = await call(gateway, 'GET /docs/static/swagger-initializer.js')
    assert.match(String(start), /validatorUrl: null/)
    assert.deepEqual((await call(gateway, 'GET /docs/json')).body, document)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { query, service, system } from '@waybill/core'
import Type from 'typebox'
import { accounts } from '../auth/accounts.ts'
import type { Gateway } from './gateway.ts'
import { call, fakeEngine, testGateway, token } from './test-kit.ts'

const things = service('thing', {
  queries: [
    query('things', {
      http: 'GET /api/things',
      input: Type.Object({}),
      output: Type.Object({}),
      answer: async () => ({}),
    }),
  ],
})

describe('rate limits', () => {
  let gateway: Gateway

  before(async () => {
    gateway = await testGateway({
      system: system('test', [things, accounts]),
      engines: new Map(
        [things, accounts].map((each) => [each.name, fakeEngine(each, { ask: async () => ({}) as never })]),
      ),
      rateLimit: 5,
      loginRateLimit: 2,
    })
  })
  after(() => gateway.close())

  const statuses = async (
    times: number,
    request: string,
    how: Parameters<typeof call>[2] = {},
  ): Promise<number[]> => {
    const found: number[] = []
    for (let n = 0; n < times; n += 1) found.push((await call(gateway, request, how)).status)
    return found
  }

  test('each caller has their own, strangers that of their address', async () => {
    assert.deepEqual(await statuses(6, 'GET /api/things'), [200, 200, 200, 200, 200, 429])
    assert.deepEqual(await statuses(6, 'GET /api/things', { token: token() }), [200, 200, 200, 200, 200, 429])
    const { body, headers } = await call(gateway, 'GET /api/things')
    assert.deepEqual([body.status, body.code], [429, 'RATE_LIMITED'])
    const seconds = Number(headers.get('retry-after'))
    assert.ok(seconds > 0 && seconds <= 60)
  })

  test('addresses that do not exist count, health does not', async () => {
    const reader = { token: token({ sub: 'u2' }) }
    assert.deepEqual(await statuses(6, 'GET /nowhere', reader), [404, 404, 404, 404, 404, 429])
    assert.deepEqual(await statuses(6, 'GET /healthz', reader), [200, 200, 200, 200, 200, 200])
  })

  test('login, refresh and registration have a smaller one, by address whoever calls', async () => {
    for (const name of ['login', 'refresh', 'register']) {
      const of = (sub: string): Promise<number[]> =>
        statuses(2, `POST /api/auth/${name}`, { json: {}, token: token({ sub }) })
      assert.deepEqual([...(await of('u3')), ...(await of('u4'))], [422, 422, 429, 429])
    }
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { query, service, system } from '@waybill/core'
import { createSetup, type RedisServer, skipWithoutRedis, startRedis } from '@waybill/servers'
import { pino } from 'pino'
import Type from 'typebox'
import { accounts } from '../auth/accounts.ts'
import type { Gateway } from './gateway.ts'
import { call, fakeEngine, testGateway, token } from './test-kit.ts'

const skip = await skipWithoutRedis()
const limit = 10
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

describe('rate limits of several gateways', { skip }, () => {
  const setup = createSetup()
  let redis: RedisServer
  let gateways: readonly [Gateway, Gateway]
  const lines: string[] = []
  let callers = 0

  const start = async (): Promise<Gateway> => {
    const gateway = await testGateway({
      system: system('test', [things, accounts]),
      engines: new Map(
        [things, accounts].map((each) => [each.name, fakeEngine(each, { ask: async () => ({}) as never })]),
      ),
      rateLimit: limit,
      loginRateLimit: 4,
      redis: redis.address.replace('//', '//default:sesame@'),
      logger: pino({}, { write: (line: string) => lines.push(line) }),
    })
    return setup.with(gateway, () => gateway.close())
  }
  const logged = (text: string): number => lines.filter((line) => line.includes(text)).length

  /** How many requests of a caller who is new are answered before both gateways refuse. */
  async function allowed(): Promise<number> {
    const how = { token: token({ sub: `caller ${(callers += 1)}` }) }
    let answered = 0
    for (let n = 0; n < 3 * limit; n += 1) {
      const { status } = await call(gateways[n % 2]!, 'GET /api/things', how)
      if (status === 200) answered += 1
      else assert.equal(status, 429)
    }
    return answered
  }

  before(async () => {
    ;[redis] = await setup.start(startRedis)
    gateways = [await start(), await start()]
  })
  after(setup.end)

  test('they count together', async () => {
    assert.equal(await allowed(), limit)
    const { headers } = await call(gateways[0], 'GET /api/things', { token: token({ sub: 'somebody' }) })
    assert.equal(headers.get('ratelimit-remaining'), String(limit - 1))
    const seconds = Number(headers.get('ratelimit-reset'))
    assert.ok(seconds > 50 && seconds <= 60)
  })

  test('each of registration, login and refresh apart', async () => {
    for (const name of ['login', 'register']) {
      const statuses: number[] = []
      for (let n = 0; n < 6; n += 1) {
        statuses.push((await call(gateways[n % 2]!, `POST /api/auth/${name}`, { json: {} })).status)
      }
      assert.deepEqual(statuses, [422, 422, 422, 422, 429, 429])
    }
  })

  test('while Redis is away each counts for itself, and nobody waits; when it is back they count together', async () => {
    await redis.kill()
    const started = performance.now()
    assert.equal(await allowed(), 2 * limit)
    assert.ok((performance.now() - started) / (3 * limit) < 100)
    for (const gateway of gateways) {
      assert.equal((await call(gateway, 'GET /readyz')).status, 200)
    }
    assert.equal(logged('Redis is away'), 2)

    await redis.start()
    const until = performance.now() + 20_000
    while (logged('Redis is back') < 2) {
      assert.ok(performance.now() < until, lines.join(''))
      await pause(50)
    }
    assert.equal(await allowed(), limit)
  })

  test('a Redis that hangs makes nobody wait for long', async () => {
    process.kill(redis.pid!, 'SIGSTOP')
    try {
      const longest = Math.max(
        ...(await Promise.all(
          Array.from({ length: 20 }, async () => {
            const started = performance.now()
            await call(gateways[0], 'GET /api/things', { token: token({ sub: 'patient' }) })
            return performance.now() - started
          }),
        )),
      )
      assert.ok(longest < 1_000, `${longest} ms`)
    } finally {
      process.kill(redis.pid!, 'SIGCONT')
    }
  })

  test('what the address holds is nowhere in the log', () => {
    assert.equal(logged('sesame'), 0)
  })
})

test('A gateway starts without Redis, and stops', { skip }, async () => {
  const server = await startRedis()
  await server.stop()
  const gateway = await testGateway({ system: system('test', [things]), redis: server.address })
  assert.equal((await call(gateway, 'GET /healthz')).status, 200)
  await gateway.close()
})

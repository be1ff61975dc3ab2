import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import {
  createEngine,
  type Engine,
  jsonCodec,
  memoryStore,
  storeLog,
  system,
  systemCaller,
} from '@waybill/core'
import { systemClock } from '../clock.ts'
import type { Gateway } from '../http/gateway.ts'
import { type Answer, call, testGateway, token } from '../http/test-kit.ts'
import { createIds } from '../ids.ts'
import { Account, rehashPassword } from './account.ts'
import { accounts } from './accounts.ts'
import { demoAccounts, seedDemoAccounts } from './demo.ts'
import { isCheap } from './password.ts'

const definition = system('test', [accounts])

describe('accounts', () => {
  const store = memoryStore(accounts.name)
  let engine: Engine
  let gateway: Gateway

  const gatewayOf = (options: { demo?: boolean }): Promise<Gateway> =>
    testGateway({
      system: definition,
      trustedProxies: ['loopback'],
      loginRateLimit: 1_000,
      engines: new Map([[accounts.name, engine]]),
      routes: async ({ http, caller }) => {
        http.get('/me', (asked) => ({ ...caller(asked) }))
      },
      ...options,
    })

  before(async () => {
    await store.open(accounts)
    engine = createEngine({
      system: definition,
      service: accounts,
      store,
      log: storeLog({ stores: new Map([[accounts.name, store]]), clock: systemClock }),
      codec: jsonCodec,
      clock: systemClock,
      ids: createIds(),
      ask: async () => {
        throw new Error('nobody to ask')
      },
    })
    await engine.start()
    gateway = await gatewayOf({})
  })
  after(async () => {
    await gateway.close()
    await engine.stop()
  })

  const post = (path: string, json: object, headers: Record<string, string> = {}): Promise<Answer> =>
    call(gateway, `POST /api/auth/${path}`, { json, headers })
  const ann = { email: 'Ann@Example.com', password: 'correct horse', name: 'Ann' }
  const login = (): Promise<Answer> => post('login', { email: ann.email, password: ann.password })
  const refresh = (refreshToken: string, headers: Record<string, string> = {}): Promise<Answer> =>
    post('refresh', { refreshToken }, headers)
  let userId: string

  test('registration gives a user id', async () => {
    const { status, body } = await post('register', ann)
    assert.equal(status, 201)
    assert.deepEqual(Object.keys(body), ['userId'])
    userId = body.userId
  })

  test('there is one account an e-mail address, however it is written and however many ask at once', async () => {
    const again = await post('register', { ...ann, email: 'ANN@example.COM' })
    assert.deepEqual([again.status, again.body.code], [409, 'EMAIL_TAKEN'])
    assert.equal(again.body.errors[0].pointer, '/email')

    const bob = { ...ann, email: 'bob@example.com' }
    const answers = await Promise.all(Array.from({ length: 4 }, () => post('register', bob)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(answers.filter(({ status }) => status === 409).length, 3)
  })

  test('bad fields are named', async () => {
    const { status, body } = await post('register', { email: 'x', password: 'short', name: '' })
    assert.equal(status, 422)
    assert.deepEqual(
      body.errors.map(({ pointer }: any) => pointer),
      ['/email', '/password', '/name'],
    )
  })

  test('a repeated registration with the same key gives the first answer', async () => {
    const carol = { ...ann, email: 'carol@example.com' }
    const headers = { 'idempotency-key': 'k' }
    const first = await post('register', carol, headers)
    const second = await post('register', carol, headers)
    assert.deepEqual([second.status, second.body], [201, first.body])
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    const other = await post('register', { ...carol, name: 'Carola' }, headers)
    assert.deepEqual([other.status, other.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test('passwords stand nowhere in the store', async () => {
    const history = await store.history('account/ann@example.com')
    assert.equal(history.length, 1)
    assert.doesNotMatch(new TextDecoder().decode(history[0]!.payload), /correct horse/)
  })

  test('login gives tokens, and the access token is good', async () => {
    const { status, body } = await login()
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['accessToken', 'refreshToken', 'expiresIn'])
    assert.equal(body.expiresIn, 900)
    const me = await call(gateway, 'GET /me', { token: body.accessToken })
    assert.deepEqual(me.body, { userId, roles: ['user'] })
  })

  test('who guesses at an account from many addresses is slowed down, and its owner is not', async () => {
    const from = (address: string, email: string, password: string): Promise<Answer> =>
      post('login', { email, password }, { 'x-forwarded-for': address })
    const guessed = { ...ann, email: 'guessed@example.com' }
    assert.equal((await post('register', guessed)).status, 201)
    assert.equal((await from('10.1.0.1', guessed.email, ann.password)).status, 200)
    for (const email of [guessed.email, 'nobody-there@example.com']) {
      const answers: Answer[] = []
      for (let n = 0; n < 16; n += 1) answers.push(await from(`10.2.0.${n}`, email, 'wrong'))
      const paused = answers.filter(({ status }) => status === 429)
      assert.ok(paused.length >= 4, `${paused.length} of 16`)
      assert.ok(Number(paused[0]!.headers.get('retry-after')) >= 1)
    }
    assert.equal((await from('10.1.0.1', guessed.email, ann.password)).status, 200)
  })

  test('a password is hashed anew at login when its hash was cheap', async () => {
    const email = 'old@example.com'
    const cheap = 'scrypt$16384$8$1$c2FsdA$Bf-uvMpBdwr0JdS6m057zf9TIjfcqTHBkqNtlNtzB9Q'
    assert.equal((await post('register', { ...ann, email })).status, 201)
    const { passwordHash: before } = await engine.read.entity(Account, email)
    await engine.submit(rehashPassword, { email, before, passwordHash: cheap }, { caller: systemCaller })
    for (let n = 0; n < 2; n += 1)
      assert.equal((await post('login', { email, password: 'secret' })).status, 200)
    const { passwordHash } = await engine.read.entity(Account, email)
    assert.ok(!isCheap(passwordHash))
    assert.deepEqual(
      (await store.history(`account/${email}`)).map(({ type }) => type),
      ['AccountRegistered', 'PasswordRehashed', 'PasswordRehashed'],
    )
  })

  test('an unknown address and a wrong password answer alike, in the same time', async () => {
    const timed = async (credentials: object): Promise<[unknown, number]> => {
      const start = performance.now()
      const { status, body } = await post('login', credentials)
      return [{ status, body }, performance.now() - start]
    }
    const [wrong, wrongMs] = await timed({ email: ann.email, password: 'wrong' })
    const [unknown, unknownMs] = await timed({ email: 'nobody@example.com', password: 'wrong' })
    assert.deepEqual(wrong, unknown)
    assert.equal((wrong as Answer).body.code, 'CREDENTIALS_INVALID')
    assert.ok(
      Math.min(wrongMs, unknownMs) > Math.max(wrongMs, unknownMs) / 4,
      `${wrongMs} and ${unknownMs} ms`,
    )
  })

  test('a refresh token is good once, and its successor after it', async () => {
    const first = (await login()).body
    const second = await refresh(first.refreshToken)
    assert.equal(second.status, 200)
    const third = await refresh(second.body.refreshToken)
    assert.equal(third.status, 200)
    assert.equal((await call(gateway, 'GET /me', { token: third.body.accessToken })).body.userId, userId)
  })

  test('a refresh token used twice closes the session, for its successors too', async () => {
    const stolen = (await login()).body.refreshToken
    const successor = (await refresh(stolen)).body.refreshToken
    const again = await refresh(stolen)
    assert.deepEqual([again.status, again.body.code], [401, 'REFRESH_TOKEN_INVALID'])
    assert.equal((await refresh(successor)).status, 401)
    assert.equal((await login()).status, 200)
  })

  test('of several at once with one refresh token, at most one wins', async () => {
    const { refreshToken } = (await login()).body
    const answers = await Promise.all(Array.from({ length: 3 }, () => refresh(refreshToken)))
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1)
  })

  test('a refresh that is repeated with the same key closes nothing', async () => {
    const { refreshToken } = (await login()).body
    const headers = { 'idempotency-key': 'lost-answer' }
    await refresh(refreshToken, headers)
    const { status, body } = await refresh(refreshToken, headers)
    assert.equal(status, 200)
    assert.equal((await refresh(body.refreshToken)).status, 200)
  })

  test('nor does it give anything once the session is closed, or has gone on', async () => {
    const stolen = (await login()).body.refreshToken
    const headers = { 'idempotency-key': 'of a thief' }
    const { body } = await refresh(stolen, headers)
    assert.equal((await refresh(body.refreshToken)).status, 200)
    assert.equal((await refresh(stolen, headers)).status, 401)
    assert.equal((await refresh(stolen)).status, 401)
    assert.equal((await refresh(stolen, headers)).status, 401)
  })

  test('no other token is a refresh token, and a refresh token is no other', async () => {
    const { accessToken, refreshToken } = (await login()).body
    for (const bad of [accessToken, 'abc', token({ sid: 'x', gen: 0 }, { typ: 'rt+jwt' })]) {
      const { status, body } = await refresh(bad)
      assert.deepEqual([status, body.code], [401, 'REFRESH_TOKEN_INVALID'])
    }
    assert.equal((await call(gateway, 'GET /me', { token: refreshToken })).status, 401)
  })

  test('demo accounts are made once', async () => {
    await seedDemoAccounts(engine)
    await seedDemoAccounts(engine)
    const demo = await gatewayOf({ demo: true })
    for (const { email, password, roles } of demoAccounts) {
      assert.equal((await store.history(`account/${email}`)).length, 1)
      const { body } = await call(demo, 'POST /api/auth/login', { json: { email, password } })
      assert.deepEqual((await call(demo, 'GET /me', { token: body.accessToken })).body.roles, roles)
    }
    await demo.close()
  })

  test('where they are left from a demo, nobody gets in by what everybody knows of them', async () => {
    for (const { email, password } of demoAccounts) {
      for (const written of [email, email.toUpperCase()]) {
        const { status, body } = await post('login', { email: written, password })
        assert.deepEqual([status, body.code], [401, 'CREDENTIALS_INVALID'])
      }
    }
  })

  test('a demo on this machine is asked for by its name', async () => {
    const demo = await gatewayOf({ demo: true })
    const { status, body } = await new Promise<Answer>((resolve, reject) => {
      const headers = { host: 'shop.example' }
      request(`${demo.address}/readyz`, { agent: false, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.once('end', () =>
          resolve({ status: response.statusCode!, headers: new Headers(), body: JSON.parse(text) }),
        )
      })
        .on('error', reject)
        .end()
    })
    assert.deepEqual([status, body.code], [421, 'HOST_FOREIGN'])
    await demo.close()
  })
})

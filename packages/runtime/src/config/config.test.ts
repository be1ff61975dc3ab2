import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hasCode, messageOf } from '@waybill/core'
import { readConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-config-'))
after(() => rmSync(folder, { recursive: true }))

const systems = [
  { name: 'shop', defaultPort: 8080 },
  { name: 'order-saga', defaultPort: 8081 },
]
const secret = randomBytes(24).toString('hex')

function mistakesIn(variables: Record<string, string>): string {
  try {
    readConfig({ WAYBILL_DATA: folder, ...variables }, systems)
  } catch (error) {
    assert.ok(hasCode(error, 'CONFIGURATION_INVALID'))
    return messageOf(error)
  }
  return assert.fail('the configuration was accepted')
}

test('An empty environment gives the defaults', () => {
  const { jwtSecret, ...config } = readConfig({ WAYBILL_DATA: folder }, systems)
  assert.deepEqual(config, {
    demo: true,
    dataFolder: folder,
    store: { kind: 'pglite' },
    log: { kind: 'store' },
    registry: undefined,
    redis: undefined,
    host: '127.0.0.1',
    trustedProxies: [],
    ports: new Map([
      ['shop', 8080],
      ['order-saga', 8081],
    ]),
    consolePort: 8090,
    servicePort: 0,
    rateLimit: 6_000,
    loginRateLimit: 20,
    timeScale: 1,
  })
  assert.ok(jwtSecret.length >= 32)
})

test('Every variable is read', () => {
  const config = readConfig(
    {
      WAYBILL_DATA: folder,
      WAYBILL_STORE: 'postgres://waybill:pass@db:5432/waybill',
      WAYBILL_LOG: 'kafka://one:9092,two:9093',
      WAYBILL_REGISTRY: 'http://registry:8081/apis/ccompat/v7',
      WAYBILL_REDIS: 'redis://cache:6379',
      WAYBILL_HOST: '0.0.0.0',
      WAYBILL_TRUSTED_PROXIES: '10.0.0.0/8, loopback',
      WAYBILL_PORT_ORDER_SAGA: '9001',
      WAYBILL_PORT_CONSOLE: '9090',
      WAYBILL_RATE_LIMIT: '0',
      WAYBILL_JWT_SECRET: secret,
      WAYBILL_TIME_SCALE: '1',
    },
    systems,
  )
  assert.deepEqual(config, {
    demo: false,
    dataFolder: folder,
    store: { kind: 'postgres', url: 'postgres://waybill:pass@db:5432/waybill' },
    log: { kind: 'kafka', brokers: ['one:9092', 'two:9093'], security: {} },
    registry: 'http://registry:8081/apis/ccompat/v7',
    redis: 'redis://cache:6379',
    host: '0.0.0.0',
    trustedProxies: ['10.0.0.0/8', 'loopback'],
    ports: new Map([
      ['shop', 8080],
      ['order-saga', 9001],
    ]),
    consolePort: 9090,
    servicePort: 0,
    rateLimit: 0,
    loginRateLimit: 0,
    jwtSecret: secret,
    timeScale: 1,
  })
})

test('All mistakes are named at once, each with what is allowed', () => {
  const mistakes = mistakesIn({
    WAYBILL_STORE: 'mysql://db',
    WAYBILL_LOG: 'kafka://nowhere',
    WAYBILL_REGISTRY: 'registry:8081',
    WAYBILL_REDIS: 'http://cache',
    WAYBILL_HOST: 'not a host',
    WAYBILL_PORT_SHOP: '65536',
    WAYBILL_PORT_ORDER_SAGA: 'http',
    WAYBILL_PORT_CONSOLE: '-1',
    WAYBILL_RATE_LIMIT: 'many',
    WAYBILL_JWT_SECRET: 'short',
    WAYBILL_TIME_SCALE: '0.5',
  })
  assert.deepEqual(mistakes.split('\n').slice(1), [
    '  - WAYBILL_STORE is not usable; allowed: pglite, or postgres://user:password@host:port/database',
    "  - WAYBILL_LOG is 'kafka://nowhere'; allowed: store, or kafka://host:port[,host:port] or kafka+tls://…",
    '  - WAYBILL_REGISTRY is not usable; allowed: http://host:port[/path] or https://…',
    '  - WAYBILL_REDIS is not usable; allowed: redis://host:port or rediss://…',
    "  - WAYBILL_HOST is 'not a host'; allowed: an IP address or a host name, e.g. 127.0.0.1 or 0.0.0.0",
    "  - WAYBILL_PORT_SHOP is '65536'; allowed: a port number from 0 to 65535 (0: any free one)",
    "  - WAYBILL_PORT_ORDER_SAGA is 'http'; allowed: a port number from 0 to 65535 (0: any free one)",
    "  - WAYBILL_PORT_CONSOLE is '-1'; allowed: a port number from 0 to 65535 (0: any free one)",
    "  - WAYBILL_RATE_LIMIT is 'many'; allowed: requests a minute and caller as a whole number, 0 for no limit",
    "  - WAYBILL_TIME_SCALE is '0.5'; allowed: a number from 1 to 100000 by which durations are divided",
    '  - WAYBILL_JWT_SECRET is not usable; allowed: at least 32 characters that nobody can guess, such as openssl rand -base64 48 makes',
  ])
})

test('A mistake never shows what may be a secret', () => {
  assert.doesNotMatch(mistakesIn({ WAYBILL_JWT_SECRET: 'hunter2' }), /hunter2/)
  assert.doesNotMatch(mistakesIn({ WAYBILL_STORE: 'psql://waybill:hunter2@db' }), /hunter2/)
  // Also where it does not belong.
  for (const name of ['WAYBILL_JWT_SECRET_FILE', 'WAYBILL_STORE_FILE', 'WAYBILL_KAFKA_PASSWORD_FILE']) {
    assert.doesNotMatch(mistakesIn({ [name]: 'hunter2' }), /hunter2/, name)
  }
  const key = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----'
  for (const name of ['WAYBILL_KAFKA_KEY', 'WAYBILL_KAFKA_CERT', 'WAYBILL_HOST']) {
    assert.doesNotMatch(mistakesIn({ [name]: key }), /hunter2|BEGIN/, name)
  }
  assert.doesNotMatch(mistakesIn({ WAYBILL_LOG: 'kafka:waybill:hunter2@broker:9092' }), /hunter2/)
})

test('Production needs a secret and takes no time scale', () => {
  const mistakes = mistakesIn({ NODE_ENV: 'production', WAYBILL_TIME_SCALE: '60' })
  assert.match(
    mistakes,
    /WAYBILL_JWT_SECRET is not set; outside of demo mode it is required: at least 32 characters/,
  )
  assert.match(mistakes, /WAYBILL_TIME_SCALE is for demo mode; allowed elsewhere: 1/)
})

test('A secret that is too short in production is one mistake, not two', () => {
  const mistakes = mistakesIn({ NODE_ENV: 'production', WAYBILL_JWT_SECRET: 'short' })
  assert.equal(mistakes.match(/WAYBILL_JWT_SECRET/g)?.length, 1)
})

test('Production with a secret has no demo mode', () => {
  const config = readConfig({ NODE_ENV: 'production', WAYBILL_JWT_SECRET: secret }, systems)
  assert.equal(config.demo, false)
})

test('Demo mode is on the loopback address, or where it is asked for by name', () => {
  const demo = (variables: Record<string, string>): boolean =>
    readConfig({ WAYBILL_DATA: folder, WAYBILL_JWT_SECRET: secret, ...variables }, systems).demo
  for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '::1'])
    assert.ok(demo({ WAYBILL_HOST: host }), host)
  assert.ok(demo({ NODE_ENV: 'development' }) && demo({ NODE_ENV: 'test' }))
  for (const name of ['prod', 'Production', 'PRODUCTION', 'staging', 'production ']) {
    assert.equal(demo({ NODE_ENV: name }), false, name)
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.7', '127.evil.example']) {
    assert.equal(demo({ WAYBILL_HOST: host }), false, host)
  }
  assert.ok(demo({ WAYBILL_HOST: '0.0.0.0', WAYBILL_DEMO: 'true' }))
  assert.equal(demo({ WAYBILL_DEMO: 'false' }), false)
  // What a proxy hands on comes from anywhere.
  assert.equal(demo({ WAYBILL_TRUSTED_PROXIES: 'loopback' }), false)
  assert.ok(demo({ WAYBILL_TRUSTED_PROXIES: 'loopback', WAYBILL_DEMO: 'true' }))
})

test('A demo in production, or beyond this machine without its name, is a mistake', () => {
  assert.match(
    mistakesIn({ NODE_ENV: 'Production', WAYBILL_DEMO: 'true', WAYBILL_JWT_SECRET: secret }),
    /WAYBILL_DEMO is true, and NODE_ENV is production/,
  )
  assert.match(mistakesIn({ WAYBILL_HOST: '0.0.0.0' }), /WAYBILL_JWT_SECRET is not set.*WAYBILL_DEMO is true/)
  assert.match(mistakesIn({ WAYBILL_DEMO: 'yes' }), /WAYBILL_DEMO is 'yes'; allowed: true or false/)
})

test('A secret that others know, or can guess, is a mistake and is not shown', () => {
  for (const weak of [
    'a'.repeat(32),
    'ab'.repeat(40),
    'passwordpasswordpasswordpassword',
    'known-to-everybody-for-development-only',
    'changeme-changeme-0123456789-abcdefgh',
    'your-jwt-secret-0123456789-abcdefghijk',
    'a-string-secret-at-least-256-bits-long',
    '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
    'correct-horse-correct-horse-correct-horse',
    'waybill-secret-waybill-secret-waybill',
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz123456',
    'qwertyuiopasdfghjklzxcvbnm123456',
    'your-super-secret-jwt-key-change-this-in-production',
    'a secret of at least thirty-two characters',
  ]) {
    const mistakes = mistakesIn({ WAYBILL_JWT_SECRET: weak })
    assert.match(mistakes, /WAYBILL_JWT_SECRET is not usable; allowed: .* openssl rand/)
    assert.ok(!mistakes.includes(weak))
  }
  for (let turn = 0; turn < 1_000; turn += 1) {
    for (const made of [randomBytes(16).toString('hex'), randomBytes(48).toString('base64')]) {
      assert.equal(readConfig({ WAYBILL_DATA: folder, WAYBILL_JWT_SECRET: made }, systems).jwtSecret, made)
    }
  }
})

test('A variable that nobody reads is a mistake, with the one that was probably meant', () => {
  assert.match(mistakesIn({ WAYBILL_TYPO: '1' }), /WAYBILL_TYPO is no variable of ours/)
  assert.match(
    mistakesIn({ WAYBILL_STOR: 'x' }),
    /WAYBILL_STOR is no variable of ours; did you mean WAYBILL_STORE\?/,
  )
  assert.match(mistakesIn({ WAYBILL_JWTSECRET: secret }), /did you mean WAYBILL_JWT_SECRET\?/)
  // Of a system that does not run here.
  readConfig({ WAYBILL_DATA: folder, WAYBILL_PORT_TRIPHUB: '8082' }, systems)
})

test('A proxy that is no address is a mistake', () => {
  for (const wrong of ['ingress', '10.0.0.0/33', '10.0.0.0/', '::/129', '10.0.0.1,']) {
    assert.match(
      mistakesIn({ WAYBILL_TRUSTED_PROXIES: wrong }),
      /WAYBILL_TRUSTED_PROXIES is .*; allowed: addresses/,
    )
  }
})

test('Two on one port are a mistake', () => {
  assert.match(
    mistakesIn({ WAYBILL_PORT_CONSOLE: '8080' }),
    /WAYBILL_PORT_SHOP and WAYBILL_PORT_CONSOLE are both 8080; allowed: a port each/,
  )
})

test('A secret can be in a file', () => {
  const file = join(folder, 'secret')
  writeFileSync(file, `${secret}\n`)
  assert.equal(readConfig({ WAYBILL_JWT_SECRET_FILE: file }, systems).jwtSecret, secret)
})

test('A secret file that cannot be read, and a secret that is given twice, are mistakes', () => {
  assert.match(
    mistakesIn({ WAYBILL_JWT_SECRET_FILE: join(folder, 'none') }),
    /WAYBILL_JWT_SECRET_FILE names no file that can be read \(ENOENT\)/,
  )
  assert.match(
    mistakesIn({ WAYBILL_JWT_SECRET: secret, WAYBILL_JWT_SECRET_FILE: join(folder, 'secret') }),
    /WAYBILL_JWT_SECRET and WAYBILL_JWT_SECRET_FILE are both set; allowed: one of them/,
  )
})

test('In demo mode the secret is made once and kept for its owner alone', () => {
  const first = readConfig({ WAYBILL_DATA: folder }, systems).jwtSecret
  assert.equal(readConfig({ WAYBILL_DATA: folder }, systems).jwtSecret, first)
  const file = join(folder, 'jwt-secret')
  assert.equal(readFileSync(file, 'utf8'), first)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('A kept secret is no link, and nothing that can be guessed', () => {
  const [open, known] = ['open', 'known'].map((name) => join(folder, name)) as [string, string]
  writeFileSync(join(folder, 'public'), secret, { mode: 0o644 })
  mkdirSync(open)
  symlinkSync(join(folder, 'public'), join(open, 'jwt-secret'))
  assert.throws(
    () => readConfig({ WAYBILL_DATA: open }, systems),
    /jwt-secret is no file that this process may/,
  )
  assert.equal(statSync(join(folder, 'public')).mode & 0o777, 0o644)
  mkdirSync(known)
  writeFileSync(join(known, 'jwt-secret'), 'a secret of at least thirty-two characters')
  assert.throws(() => readConfig({ WAYBILL_DATA: known }, systems), /jwt-secret holds no secret: remove it/)
})

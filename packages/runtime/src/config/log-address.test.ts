import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeAuthority } from '@waybill/servers'
import { createEnvironment } from './environment.ts'
import { type LogAddress, readLogAddress } from './log-address.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-log-address-'))
after(() => rmSync(folder, { recursive: true }))

const authority = await makeAuthority()
const client = await authority.issue('client')
const files = {
  ca: fileWith('ca.pem', authority.ca),
  cert: fileWith('cert.pem', client.cert),
  key: fileWith('key.pem', client.key),
  otherKey: fileWith('other-key.pem', (await authority.issue('other')).key),
  password: fileWith('password', 'hunter2\n'),
  empty: fileWith('empty', '\n'),
}

function fileWith(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function read(variables: Record<string, string>): { log: LogAddress; mistakes: readonly string[] } {
  const environment = createEnvironment(variables)
  return { log: readLogAddress(environment), mistakes: environment.mistakes }
}

const overTls = { WAYBILL_LOG: 'kafka+tls://one:9093,two:9093' }
const asUser = { WAYBILL_KAFKA_USER: 'shop', WAYBILL_KAFKA_PASSWORD: 'hunter2' }

test('Kafka over TLS, with the authorities that Node trusts', () => {
  assert.deepEqual(read(overTls), {
    log: { kind: 'kafka', brokers: ['one:9093', 'two:9093'], security: { tls: {} } },
    mistakes: [],
  })
})

test('A user, a password from a file, and an authority of its own', () => {
  const { log, mistakes } = read({
    ...overTls,
    WAYBILL_KAFKA_USER: 'shop',
    WAYBILL_KAFKA_PASSWORD_FILE: files.password,
    WAYBILL_KAFKA_CA: files.ca,
  })
  assert.deepEqual(mistakes, [])
  assert.ok(log.kind === 'kafka')
  assert.deepEqual(log.security, {
    tls: { ca: authority.ca },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'shop', password: 'hunter2' },
  })
})

test('A certificate in the place of a user', () => {
  const { log, mistakes } = read({
    ...overTls,
    WAYBILL_KAFKA_CERT: files.cert,
    WAYBILL_KAFKA_KEY: files.key,
  })
  assert.deepEqual(mistakes, [])
  assert.ok(log.kind === 'kafka')
  assert.deepEqual(log.security, { tls: client })
})

test('Where the store is the log, what is for Kafka does not count', () => {
  assert.deepEqual(read({ ...asUser, WAYBILL_KAFKA_CA: files.ca }), { log: { kind: 'store' }, mistakes: [] })
})

const wrong: Record<string, readonly [Record<string, string>, readonly string[]]> = {
  'what is no address, without the password that stands in it': [
    { WAYBILL_LOG: 'kafka+tls://shop:hunter2@one:9093' },
    [
      "WAYBILL_LOG is 'kafka+tls://…@one:9093'; allowed: store, or kafka://host:port[,host:port] or kafka+tls://…",
    ],
  ],
  'files that are missing or hold something else, and an unknown mechanism': [
    {
      ...overTls,
      ...asUser,
      WAYBILL_KAFKA_CA: files.key,
      WAYBILL_KAFKA_CERT: '/nowhere',
      WAYBILL_KAFKA_KEY: files.cert,
      WAYBILL_KAFKA_SASL: 'scram',
    },
    [
      `WAYBILL_KAFKA_CA is '${files.key}'; allowed: the path of a file with certificates as PEM`,
      "WAYBILL_KAFKA_CERT is '/nowhere'; allowed: the path of a file with certificates as PEM",
      `WAYBILL_KAFKA_KEY is '${files.cert}'; allowed: the path of a file with a private key without a password as PEM`,
      "WAYBILL_KAFKA_SASL is 'scram'; allowed: plain, scram-sha-256, scram-sha-512",
    ],
  ],
  'a user without a password': [
    { ...overTls, WAYBILL_KAFKA_USER: 'shop' },
    ['WAYBILL_KAFKA_PASSWORD is not set; it goes with WAYBILL_KAFKA_USER'],
  ],
  'a password without a user': [
    { ...overTls, WAYBILL_KAFKA_PASSWORD: 'hunter2' },
    ['WAYBILL_KAFKA_USER is not set; it goes with WAYBILL_KAFKA_PASSWORD'],
  ],
  'a file with an empty password': [
    { ...overTls, WAYBILL_KAFKA_USER: 'shop', WAYBILL_KAFKA_PASSWORD_FILE: files.empty },
    ['WAYBILL_KAFKA_PASSWORD_FILE is a file whose text is not usable; allowed: any text but an empty one'],
  ],
  'a mechanism that nobody uses': [
    { ...overTls, WAYBILL_KAFKA_SASL: 'plain' },
    ['WAYBILL_KAFKA_USER is not set; it goes with WAYBILL_KAFKA_SASL'],
  ],
  'a certificate without its key': [
    { ...overTls, WAYBILL_KAFKA_CERT: files.cert },
    ['WAYBILL_KAFKA_KEY is not set; it goes with WAYBILL_KAFKA_CERT'],
  ],
  'the key of another certificate': [
    { ...overTls, WAYBILL_KAFKA_CERT: files.cert, WAYBILL_KAFKA_KEY: files.otherKey },
    ['WAYBILL_KAFKA_KEY is not the key of the certificate in WAYBILL_KAFKA_CERT'],
  ],
  'an authority without TLS, and a password in clear over a network': [
    {
      ...asUser,
      WAYBILL_LOG: 'kafka://127.0.0.1:9092,kafka.data:9092',
      WAYBILL_KAFKA_SASL: 'plain',
      WAYBILL_KAFKA_CA: files.ca,
    },
    [
      'WAYBILL_KAFKA_CA is for TLS; allowed: with WAYBILL_LOG=kafka+tls://…',
      'WAYBILL_KAFKA_SASL is plain, which shows the password to whoever listens; allowed: with WAYBILL_LOG=kafka+tls://…, or brokers on the loopback address',
    ],
  ],
}

for (const [what, [variables, mistakes]] of Object.entries(wrong)) {
  test(`Refused: ${what}`, () => assert.deepEqual(read(variables).mistakes, mistakes))
}

test('A password in clear stays on this machine', () => {
  const { mistakes } = read({ ...asUser, WAYBILL_LOG: 'kafka://127.0.0.1:9092', WAYBILL_KAFKA_SASL: 'plain' })
  assert.deepEqual(mistakes, [])
})

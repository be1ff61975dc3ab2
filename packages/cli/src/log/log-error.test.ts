import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { WaybillError } from '@waybill/core'
import type { KafkaSecurity } from '@waybill/runtime'
import { createSetup, makeAuthority, skipWithoutKafka, startSecureKafka } from '@waybill/servers'
import { eventually } from '../testing/eventually.ts'
import { waybillProcess } from '../testing/waybill-process.ts'
import { identityOf } from './log-identity.ts'

describe('A Kafka that asks who comes', { skip: await skipWithoutKafka(), timeout: 240_000 }, async () => {
  const setup = createSetup()
  after(setup.end)
  const folder = setup.with(await mkdtemp(join(tmpdir(), 'waybill-secure-')), (path) =>
    rm(path, { recursive: true }),
  )
  const [kafka] = await setup.start((how) => startSecureKafka({ ...how, users: { shop: 'hunter2' } }))
  const { address, plainAddress, mutual } = kafka
  const ca = join(folder, 'ca.pem')
  const password = join(folder, 'password')
  await Promise.all([writeFile(ca, kafka.ca), writeFile(password, 'hunter2\n')])

  const tls = { ca: kafka.ca }
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'shop', password: 'hunter2' } as const
  const cluster = (broker: string, security: KafkaSecurity) =>
    identityOf({ kind: 'kafka', brokers: [broker], security })

  test('lets in who is known, by each mechanism and by certificate', async () => {
    const { cluster: id } = await cluster(plainAddress, {})
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      assert.equal((await cluster(address, { tls, sasl: { ...sasl, mechanism } })).cluster, id, mechanism)
    }
    assert.equal((await cluster(mutual.address, { tls: { ...tls, ...mutual.client } })).cluster, id)
  })

  const other = await makeAuthority()
  const never: Record<string, readonly [string, KafkaSecurity, string]> = {
    'a wrong password': [
      address,
      { tls, sasl: { ...sasl, password: 'hunter3' } },
      `Kafka at ${address} does not let 'shop' in with this password: mend WAYBILL_KAFKA_USER or WAYBILL_KAFKA_PASSWORD.`,
    ],
    'a wrong password by PLAIN': [
      address,
      { tls, sasl: { ...sasl, mechanism: 'PLAIN', password: 'hunter3' } },
      `Kafka at ${address} does not let 'shop' in with this password: mend WAYBILL_KAFKA_USER or WAYBILL_KAFKA_PASSWORD.`,
    ],
    'an unknown user': [
      address,
      { tls, sasl: { ...sasl, username: 'nobody' } },
      `Kafka at ${address} does not let 'nobody' in with this password: mend WAYBILL_KAFKA_USER or WAYBILL_KAFKA_PASSWORD.`,
    ],
    'another authority': [
      address,
      { tls: { ca: other.ca }, sasl },
      `The certificate of Kafka at ${address} is not to be trusted (certificate signature failure): WAYBILL_KAFKA_CA must name a file with the authority that issued it, and WAYBILL_LOG the host that it was issued for.`,
    ],
    'no authority but those that Node trusts': [
      address,
      { tls: {}, sasl },
      `The certificate of Kafka at ${address} is not to be trusted (unable to verify the first certificate): WAYBILL_KAFKA_CA must name a file with the authority that issued it, and WAYBILL_LOG the host that it was issued for.`,
    ],
    'another host': [
      address.replace('127.0.0.1', 'localhost'),
      { tls, sasl },
      `The certificate of Kafka at ${address.replace('127.0.0.1', 'localhost')} is not to be trusted (Hostname/IP does not match certificate's altnames: Host: localhost. is not cert's CN: 127.0.0.1): WAYBILL_KAFKA_CA must name a file with the authority that issued it, and WAYBILL_LOG the host that it was issued for.`,
    ],
    'no TLS': [
      address,
      {},
      `Kafka at ${address} takes TLS only at this port: WAYBILL_LOG must begin with kafka+tls://.`,
    ],
    'a user where none is asked for': [
      plainAddress,
      { sasl },
      `Kafka at ${plainAddress} takes no user at this port: name another port in WAYBILL_LOG, or remove WAYBILL_KAFKA_USER.`,
    ],
  }
  for (const [what, [broker, security, message]] of Object.entries(never)) {
    test(`refuses ${what}, which is said at once`, async () => {
      await assert.rejects(cluster(broker, security), { code: 'CONFIGURATION_INVALID', message })
    })
  }

  const notNow: Record<string, readonly [string, KafkaSecurity, string]> = {
    'nobody at this port': [
      '127.0.0.1:1',
      { tls, sasl },
      'Kafka at 127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1',
    ],
    'TLS where none is spoken': [
      plainAddress,
      { tls, sasl },
      `Kafka at ${plainAddress} ends the connection instead of speaking TLS. If it stays so, name a port for TLS in WAYBILL_LOG, or begin it with kafka://.`,
    ],
    'a user without TLS': [
      address,
      { sasl },
      `Kafka at ${address} ends the connection. If it stays so, it may want TLS (kafka+tls:// in WAYBILL_LOG).`,
    ],
    'no user': [
      address,
      { tls },
      `Kafka at ${address} ends the connection. If it stays so, it may want a user (WAYBILL_KAFKA_USER, WAYBILL_KAFKA_PASSWORD), or a certificate (WAYBILL_KAFKA_CERT, WAYBILL_KAFKA_KEY).`,
    ],
    'no certificate': [
      mutual.address,
      { tls },
      `Kafka at ${mutual.address} ends the connection. If it stays so, it may want a user (WAYBILL_KAFKA_USER, WAYBILL_KAFKA_PASSWORD), or a certificate (WAYBILL_KAFKA_CERT, WAYBILL_KAFKA_KEY).`,
    ],
  }
  for (const [what, [broker, security, message]] of Object.entries(notNow)) {
    test(`may be on its way: ${what}`, async () => {
      await assert.rejects(cluster(broker, security), { code: 'LOG_UNAVAILABLE', message })
    })
  }

  test('its errors hold no password', async () => {
    const error = await cluster(address, { tls, sasl: { ...sasl, password: 'hunter3' } }).catch(
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof WaybillError)
    assert.doesNotMatch(JSON.stringify([error, error.message, error.stack, error.cause]), /hunter/)
  })

  const shop = (variables: Readonly<Record<string, string>> = {}) =>
    waybillProcess({
      name: 'shop',
      args: ['shop'],
      env: {
        WAYBILL_PORT_SHOP: '0',
        WAYBILL_DATA: folder,
        WAYBILL_LOG: `kafka+tls://${address}`,
        WAYBILL_KAFKA_USER: 'shop',
        WAYBILL_KAFKA_PASSWORD_FILE: password,
        WAYBILL_KAFKA_CA: ca,
        ...variables,
      },
    })

  test('ends the start of who is refused, with what to do and without a stack', async () => {
    await writeFile(join(folder, 'wrong'), 'hunter3')
    const process = await shop({ WAYBILL_KAFKA_PASSWORD_FILE: join(folder, 'wrong') })
    process.start()
    await assert.rejects(process.ready(), /ended by itself with code 1/)
    assert.match(
      process.lastWords(),
      /CONFIGURATION_INVALID: Kafka at .* does not let 'shop' in with this password/,
    )
    assert.doesNotMatch(process.lastWords(), /hunter|\n\s+at /)
  })

  test('is waited for at start, and then the process is ready', async () => {
    await kafka.kill()
    const process = await shop()
    process.start()
    await eventually(async () =>
      assert.match(process.lastWords(), /waiting for Kafka.*does not answer: connect ECONNREFUSED/),
    )
    await kafka.start()
    await process.ready()
    assert.equal(await process.stop(), 0, process.lastWords())
  })
})

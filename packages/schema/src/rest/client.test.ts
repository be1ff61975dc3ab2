import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { freePort } from '@waybill/servers'
import type { AvroRecord } from '../avro-schema.ts'
import { createRegistryClient } from './client.ts'

const order: AvroRecord = { type: 'record', name: 'Order', fields: [] }

/** What real registries do only on bad days. */
describe('registry client', () => {
  let server: Server
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let asked: string[]
  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => server.close())
  beforeEach(() => (asked = []))

  const addressWith = (credentials = ''): string =>
    `http://${credentials}127.0.0.1:${(server.address() as AddressInfo).port}/registry/`
  const says = (status: number, body: string) => {
    answer = (_, response) => response.writeHead(status).end(body)
  }

  it('says that the registry is away when it answers that, something else, or not at all', async () => {
    const away = { code: 'REGISTRY_UNAVAILABLE' }
    const client = createRegistryClient(addressWith())
    for (const status of [401, 403, 429, 500, 503]) {
      says(status, JSON.stringify({ error_code: status, message: 'later' }))
      await assert.rejects(client.schemaById(1), away, String(status))
      await assert.rejects(client.register('a', order), away, String(status))
    }
    says(200, '<html>')
    await assert.rejects(client.schemaById(1), away)
    answer = (request) => request.socket.destroy()
    await assert.rejects(client.schemaById(1), away)
    await assert.rejects(createRegistryClient(`http://127.0.0.1:${await freePort()}`).schemaById(1), {
      ...away,
      message: /ECONNREFUSED/,
    })
  })

  it('takes an id for unknown only when a registry says so', async () => {
    const client = createRegistryClient(addressWith())
    says(404, '<html>')
    await assert.rejects(client.schemaById(7), { code: 'REGISTRY_UNAVAILABLE', message: /schemas\/ids\/7/ })
    says(404, JSON.stringify({ error_code: 40403, message: 'Schema 7 not found' }))
    assert.equal(await client.schemaById(7), undefined)
    says(200, JSON.stringify({ schema: 'message Order {}', schemaType: 'PROTOBUF' }))
    assert.equal(await client.schemaById(7), undefined)
  })

  it('says what a registry refuses, and that a path may be wrong', async () => {
    const client = createRegistryClient(addressWith())
    says(404, '')
    await assert.rejects(client.register('a', order), {
      code: 'CONFIGURATION_INVALID',
      message: /is its path right/,
    })
    answer = ({ url }, response) =>
      url!.includes('compatibility')
        ? response.end('{"is_compatible":true}')
        : response.writeHead(422).end('{"error_code":42205,"message":"Subject a is in read-only mode"}')
    await assert.rejects(client.register('a', order), {
      code: 'CONFIGURATION_INVALID',
      message: /422: Subject a is in read-only mode/,
    })
  })

  it('asks once for what never changes', async () => {
    const client = createRegistryClient(addressWith())
    says(200, JSON.stringify({ schema: JSON.stringify(order) }))
    assert.deepEqual(await client.schemaById(7), order)
    assert.deepEqual(await client.schemaById(7), order)
    assert.deepEqual(asked, ['GET /registry/schemas/ids/7'])
  })

  it('shows user and password to the registry and to nobody else', async () => {
    const client = createRegistryClient(addressWith('wolf:p%40ssw%zz@'))
    let authorization: string | undefined
    answer = (request, response) => {
      authorization = request.headers.authorization
      response.writeHead(503).end()
    }
    const hidden = (error: Error): boolean => !/wolf|ssw/.test(`${error.stack} ${String(error.cause)}`)
    await assert.rejects(client.schemaById(1), hidden)
    assert.equal(authorization, `Basic ${Buffer.from('wolf:p@ssw%zz').toString('base64')}`)
  })
})

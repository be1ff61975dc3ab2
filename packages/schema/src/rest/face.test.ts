import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { referenceCases, registryCases } from '../registry/registry-cases.test.fixture.ts'
import type { Registry } from '../registry/registry.ts'
import { createRegistryClient } from './client.ts'
import { type Face, openFace } from './face.test.fixture.ts'

const record = (name: string, ...fields: object[]): string =>
  JSON.stringify({
    type: 'record',
    name,
    namespace: 'x',
    fields: [{ name: 'id', type: 'string' }, ...fields],
  })
const order = record('Order')
const withNote = record('Order', { name: 'note', type: ['null', 'string'], default: null })
const withTotal = record('Order', { name: 'total', type: 'long' })
/** A register answers with it. */
const code = (error_code: number, message?: RegExp) => ({ error_code, message })

describe('embedded registry over HTTP', () => {
  let face: Face
  let registry: Registry
  before(async () => {
    face = await openFace()
    registry = createRegistryClient(face.address)
  })
  after(() => face.close())

  registryCases(() => registry)
  referenceCases(
    () => registry,
    async (subject, body) => (await face.ask(`POST /subjects/${subject}/versions`, body)).body.id,
  )
})

describe("embedded registry's REST API", () => {
  let face: Face
  beforeEach(async () => (face = await openFace()))
  afterEach(() => face.close())

  const register = (subject: string, schema: string, more: object = {}) =>
    face.ask(`POST /subjects/${subject}/versions`, { schema, ...more })
  async function says(request: string, expected: unknown, body?: unknown): Promise<void> {
    const answer = await face.ask(request, body)
    assert.deepEqual([answer.status, answer.body], [200, expected], request)
  }
  async function refuses(request: string, { error_code, message }: ReturnType<typeof code>, body?: unknown) {
    const answer = await face.ask(request, body)
    const status = Number(String(error_code).slice(0, 3))
    assert.deepEqual([answer.status, answer.body.error_code], [status, error_code], request)
    assert.match(answer.body.message, message ?? /./)
  }

  it('serves a client of another make', async () => {
    const client = new SchemaRegistry({ host: face.address })
    const { id } = await client.register(
      { type: SchemaType.AVRO, schema: order },
      { subject: 'orders-value' },
    )
    assert.equal(await client.getLatestSchemaId('orders-value'), id)
    assert.equal(await client.getRegistryId('orders-value', 1), id)
    assert.equal(
      await client.getRegistryIdBySchema('orders-value', { type: SchemaType.AVRO, schema: order }),
      id,
    )
    const payload = await client.encode(id, { id: 'o1' })
    const other = new SchemaRegistry({ host: face.address })
    assert.deepEqual({ ...(await other.decode(payload)) }, { id: 'o1' })
    await assert.rejects(
      client.register({ type: SchemaType.AVRO, schema: withTotal }, { subject: 'orders-value' }),
      /incompatible.*total/,
    )
  })

  it('answers in the media type that is accepted, and takes those that clients send', async () => {
    const types = ['vnd.schemaregistry.v1+json', 'vnd.schemaregistry+json', 'json'].map(
      (type) => `application/${type}`,
    )
    for (const type of types) {
      const response = await fetch(`${face.address}/subjects/a/versions`, {
        method: 'POST',
        headers: { 'content-type': type, accept: type },
        body: JSON.stringify({ schema: order }),
      })
      assert.deepEqual([response.status, response.headers.get('content-type')?.split(';')[0]], [200, type])
      assert.deepEqual(await response.json(), { id: 1 })
    }
    const octets = await fetch(`${face.address}/subjects/a/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', accept: '*/*' },
      body: JSON.stringify({ schema: order }),
    })
    assert.equal(octets.headers.get('content-type')?.split(';')[0], types[0])
    const text = await fetch(`${face.address}/subjects/a/versions`, { method: 'POST', body: '{}' })
    assert.deepEqual([text.status, ((await text.json()) as any).error_code], [415, 415])
  })

  it('shows schemas by subject and version, by id and by GUID', async () => {
    await register('a', order)
    await register('a', withNote)
    await register('b', withNote)
    const { body: second } = await face.ask('GET /subjects/a/versions/2')
    const { guid } = second
    assert.match(guid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.deepEqual(second, { subject: 'a', version: 2, id: 2, schema: withNote, guid })
    for (const latest of ['latest', '-1']) await says(`GET /subjects/a/versions/${latest}`, second)
    await says('GET /subjects/a/versions/2/schema', JSON.parse(withNote))
    await says('GET /subjects', ['a', 'b'])
    await says('GET /subjects?subjectPrefix=b', ['b'])
    await says('GET /subjects?subjectPrefix=:*:&offset=1&limit=1', ['b'])
    await says('GET /subjects/a/versions', [1, 2])
    await says('GET /schemas/types', ['AVRO'])
    await says('GET /schemas/ids/2', { schema: withNote, guid })
    await says('GET /schemas/ids/1?fetchMaxId=true', {
      ...(await face.ask('GET /schemas/ids/1')).body,
      maxId: 2,
    })
    await says('GET /schemas/ids/2/schema', JSON.parse(withNote))
    await says('GET /schemas/ids/2/subjects', ['a', 'b'])
    await says('GET /schemas/ids/2/versions', [
      { subject: 'a', version: 2 },
      { subject: 'b', version: 1 },
    ])
    await says(`GET /schemas/guids/${guid}`, { schema: withNote, guid })
    await says(`GET /schemas/guids/${guid}/ids`, [{ context: '.', id: 2 }])
    const { body: all } = await face.ask('GET /schemas?latestOnly=true')
    assert.deepEqual(
      all.map(({ subject, version }: any) => [subject, version]),
      [
        ['a', 2],
        ['b', 1],
      ],
    )
    await says('GET /', {})
    await says('GET /contexts', ['.'])
    await says('POST /subjects/a', second, { schema: withNote })
    await says('GET /subjects/a/metadata', second)

    await refuses('GET /subjects/c/versions', code(40401, /Subject 'c' not found\./))
    await refuses('GET /subjects/c/versions/1', code(40401))
    await refuses('GET /subjects/a/versions/3', code(40402, /Version 3 not found\./))
    await refuses('GET /subjects/a/versions/x', code(42202))
    await refuses('GET /subjects/a/versions/0', code(42202))
    await refuses('GET /schemas/ids/3', code(40403))
    await refuses('GET /schemas/ids/x', code(40403))
    await refuses(`GET /schemas/guids/${guid.replace(/./, 'x')}`, code(40403))
    await refuses('GET /subjects/a/metadata?key=k&value=v', code(40403))
    await refuses('POST /subjects/c', code(40401), { schema: order })
    await refuses('POST /subjects/a', code(40403), { schema: withTotal })
    await refuses('GET /nothing', code(404))
  })

  it('refuses what is no Avro', async () => {
    for (const schema of [
      '{',
      '{"type":"strin"}',
      '{"type":"record","name":"X"}',
      '"y\\u0000"',
      'null',
      '7',
    ]) {
      await refuses('POST /subjects/a/versions', code(42201), { schema })
    }
    for (const body of [{}, [], 7, { schema: {} }, { schema: order, schemaType: 'PROTOBUF' }]) {
      await refuses('POST /subjects/a/versions', code(42201), body)
    }
    await refuses('POST /subjects/a%00/versions', code(42208), { schema: order })
    const doc = record('Order').replace('"fields"', '"doc":"\\u0000","fields"')
    await refuses('POST /subjects/a/versions', code(42201), { schema: doc })
    await says('GET /subjects', [])
  })

  it('holds new versions to the level of the subject, or of all', async () => {
    await register('a', order)
    await says('GET /config', { compatibilityLevel: 'BACKWARD' })
    await refuses('GET /config/a', code(40408))
    await says('GET /config/a?defaultToGlobal=true', { compatibilityLevel: 'BACKWARD' })
    await refuses('POST /subjects/a/versions', code(40901, /total/), { schema: withTotal })
    const compatibility = 'POST /compatibility/subjects/a/versions'
    await says(compatibility, { is_compatible: false }, { schema: withTotal })
    await says(`${compatibility}/latest`, { is_compatible: false }, { schema: withTotal })
    const { body: verbose } = await face.ask(`${compatibility}/1?verbose=true`, { schema: withTotal })
    assert.match(verbose.messages.join(), /total/)
    await says(`${compatibility}?verbose=true`, { is_compatible: true, messages: [] }, { schema: withNote })
    await refuses(`${compatibility}/2`, code(40402), { schema: order })
    await says('POST /compatibility/subjects/c/versions', { is_compatible: true }, { schema: order })

    await says('PUT /config', { compatibility: 'NONE' }, { compatibility: 'NONE' })
    await says('PUT /config/a', { compatibility: 'FORWARD' }, { compatibility: 'FORWARD' })
    await says('GET /config/a', { compatibilityLevel: 'FORWARD' })
    await says('POST /subjects/a/versions', { id: 2 }, { schema: withTotal })
    await says('DELETE /config/a', { compatibilityLevel: 'FORWARD' })
    await refuses('DELETE /config/a', code(40401))
    await says('GET /config/a?defaultToGlobal=true', { compatibilityLevel: 'NONE' })
    await says('DELETE /config', { compatibilityLevel: 'NONE' })
    await says('GET /config', { compatibilityLevel: 'BACKWARD' })
    await refuses('PUT /config', code(42203), { compatibility: 'SOME' })
    await refuses('PUT /config', code(42203), {})
  })

  it('deletes at first softly and then for good, and never gives an id twice', async () => {
    await register('a', order)
    await register('a', withNote)
    await refuses('DELETE /subjects/a?permanent=true', code(40405))
    await refuses('DELETE /subjects/a/versions/1?permanent=true', code(40407))
    await says('DELETE /subjects/a/versions/1', 1)
    await refuses('DELETE /subjects/a/versions/1', code(40406))
    await says('GET /subjects/a/versions', [2])
    await says('GET /subjects/a/versions?deleted=true', [1, 2])
    await says('GET /subjects/a/versions?deletedOnly=true', [1])
    await refuses('GET /subjects/a/versions/1', code(40402))
    assert.equal((await face.ask('GET /subjects/a/versions/1?deleted=true')).body.deleted, true)
    assert.equal((await face.ask('GET /schemas/ids/1')).status, 200)
    await says('GET /schemas/ids/1/versions', [])
    await refuses('POST /subjects/a', code(40403), { schema: order })
    assert.equal((await face.ask('POST /subjects/a?deleted=true', { schema: order })).body.version, 1)

    await says('DELETE /subjects/a', [2])
    await refuses('DELETE /subjects/a', code(40404))
    await says('GET /subjects', [])
    await says('GET /subjects?deleted=true', ['a'])
    await says('GET /subjects?deletedOnly=true', ['a'])
    await says('DELETE /subjects/a/versions/1?permanent=true', 1)
    await refuses('GET /schemas/ids/1', code(40403))
    await says('POST /subjects/a/versions', { id: 2 }, { schema: withNote })
    await says('GET /subjects/a/versions', [3])
    await says('DELETE /subjects/a', [3])
    await says('DELETE /subjects/a?permanent=true', [2, 3])
    await refuses('DELETE /subjects/a', code(40401))
    await says('GET /subjects?deleted=true', [])
    await says('POST /subjects/a/versions', { id: 3 }, { schema: withTotal })
    await says('POST /subjects/b/versions', { id: 1 }, { schema: order })
    await says('GET /subjects/a/versions', [1])
  })

  it('knows who refers to whom, and keeps what is referred to', async () => {
    await register('money', record('Money'))
    const references = [{ name: 'x.Money', subject: 'money', version: 1 }]
    const price = record('Price', { name: 'amount', type: 'x.Money' })
    await register('price', price, { references })
    await says('GET /subjects/money/versions/1/referencedby', [2])
    const { body } = await face.ask('GET /schemas/ids/2')
    assert.deepEqual([body.schema, body.references], [price, references])
    await refuses('DELETE /subjects/money', code(42206))
    await refuses('DELETE /subjects/money/versions/1', code(42206))
    await says('DELETE /subjects/price', [1])
    await says('DELETE /subjects/money', [1])
    await refuses('DELETE /subjects/money?permanent=true', code(42206))
    await refuses('POST /subjects/price/versions', code(42201, /no schema reference/), {
      schema: price,
      references,
    })
    await refuses('POST /subjects/price/versions', code(42201), { schema: price })
  })

  it('lets in nothing when it is read-only, and imports schemas with their ids', async () => {
    await says('GET /mode', { mode: 'READWRITE' })
    await refuses('GET /mode/a', code(40409))
    await says('PUT /mode/a', { mode: 'READONLY' }, { mode: 'READONLY' })
    await says('GET /mode/a', { mode: 'READONLY' })
    await refuses('POST /subjects/a/versions', code(42205, /read-only/), { schema: order })
    await refuses('DELETE /subjects/a', code(42205))
    await refuses('PUT /mode/a', code(42204), { mode: 'SOME' })
    await says('DELETE /mode/a', { mode: 'READONLY' })
    await refuses('POST /subjects/a/versions', code(42205, /import mode/), { schema: order, id: 7 })

    await says('PUT /mode', { mode: 'IMPORT' }, { mode: 'IMPORT' })
    await refuses('POST /subjects/a/versions', code(42205), { schema: order })
    await says('POST /subjects/a/versions', { id: 7 }, { schema: order, id: 7, version: 3 })
    await says('POST /subjects/a/versions', { id: 9 }, { schema: withTotal, id: 9, version: 4 })
    await refuses('POST /subjects/a/versions', code(42205, /id 7/), { schema: withNote, id: 7 })
    await says('PUT /mode', { mode: 'READWRITE' }, { mode: 'READWRITE' })
    await says('GET /subjects/a/versions', [3, 4])
    await says('POST /subjects/b/versions', { id: 10 }, { schema: withNote })
    await refuses('PUT /mode', code(42205, /existing/), { mode: 'IMPORT' })
    await says('PUT /mode?force=true', { mode: 'IMPORT' }, { mode: 'IMPORT' })
  })
})

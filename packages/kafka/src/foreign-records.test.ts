import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type MessageToProduce, type ProduceOptions, Producer } from '@platformatic/kafka'
import {
  command,
  createEngine,
  type Engine,
  entity,
  event,
  on,
  type ParkedEntry,
  service,
  type Store,
  system,
  topic,
} from '@waybill/core'
import { createPostgresStore, type Database, openPostgres } from '@waybill/postgres'
import { createAvroCodec, createEmbeddedRegistry, prepare, type SchemaSnapshot } from '@waybill/schema'
import { createSetup, sharedKafka, sharedPostgres, skipWithoutKafka } from '@waybill/servers'
import { realClock, seededIds } from '@waybill/testing'
import Type from 'typebox'
import { createKafkaLog, type KafkaLog } from './kafka-log.ts'

// A till of others reports what it has sold, in the name of ours; this system keeps count of it.
const Sold = event('Sold', {
  topic: topic('sales', { partitions: 1 }),
  key: 'product',
  data: Type.Object({ product: Type.String(), pieces: Type.Integer(), note: Type.Optional(Type.String()) }),
})
const Till = entity('till', { sold: 0 }).evolve(Sold, ({ sold }, { pieces }) => ({ sold: sold + pieces }))
const Product = entity('product', { sold: 0 }).evolve(Sold, ({ sold }, { pieces }) => ({
  sold: sold + pieces,
}))
const sell = command('sell', {
  input: Sold.schema,
  at: Till,
  id: () => 'ours',
  emits: [Sold],
  decide: (_, input) => Sold(input as never),
})
const statistics = service('statistics', {
  entities: [Product],
  handlers: [on(Sold).at(Product, 'product').observe()],
})
const sales = system('sales', [service('till', { entities: [Till], commands: [sell] }), statistics])
const guid = 'a1b2c3d4-0000-4000-8000-000000000001'

type Header = readonly [name: string, value: string | Buffer]
type Headers = Readonly<Record<string, string | Buffer>> | readonly Header[]

describe('Records of others on Kafka', { skip: await skipWithoutKafka(), timeout: 120_000 }, () => {
  const setup = createSetup()
  let database: Database
  let store: Store
  let log: KafkaLog
  let engine: Engine
  let producer: Producer
  let schemas: SchemaSnapshot
  const crashes: unknown[] = []

  before(async () => {
    const [{ address: broker }, { url }] = await setup.start(sharedKafka, sharedPostgres)
    database = setup.with(openPostgres(url), (opened) => opened.close())
    store = createPostgresStore({ database, schema: 'statistics', service: statistics.name })
    await store.open(statistics)
    log = createKafkaLog({ brokers: [broker], clientId: 'test', system: sales.name })
    setup.with(log, () => log.close())
    await log.ensureTopics([Sold.topic!])
    const registry = createEmbeddedRegistry()
    const { schemaById } = registry
    schemas = await prepare(sales, {
      ...registry,
      // A registry of Confluent's has GUIDs, too.
      schemaById: (id) => schemaById(id === guid ? schemas.idOf(Sold) : id),
    })
    engine = createEngine({
      system: sales,
      service: statistics,
      store,
      log,
      codec: createAvroCodec(sales, schemas),
      clock: realClock,
      ids: seededIds(realClock, 1),
      ask: () => Promise.reject(new Error('nobody to ask')),
      crashed: (error) => crashes.push(error),
    })
    // What it crashed with the tests have told.
    setup.with(engine, () => engine.stop().catch(() => {}))
    await engine.start()
    producer = new Producer({ clientId: 'others', bootstrapBrokers: [broker] })
    setup.with(producer, () => producer.close())
  })

  after(setup.end)

  const avro = (product: string, note?: string): Buffer =>
    Buffer.from(createAvroCodec(sales, schemas).encode(Sold, { product, pieces: 1, note }))

  function cloudEvent(attributes: Record<string, string> = {}): Record<string, string> {
    return {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/waybill/sales/till',
      ce_type: 'Sold',
      ...attributes,
    }
  }

  /** Sends a record; resolves with its place. */
  async function send(record: {
    key: string | Buffer | null
    value: Buffer | null
    headers: Headers
    compression?: ProduceOptions<Buffer, Buffer, Buffer, Buffer>['compression']
  }): Promise<string> {
    const { key, value, headers, compression } = record
    const all: readonly Header[] = Array.isArray(headers) ? headers : Object.entries(headers)
    const message: MessageToProduce = {
      topic: Sold.topic!.name,
      partition: 0,
      ...(key !== null && { key: Buffer.from(key) }),
      ...(value !== null && { value }),
      headers: new Map(all.map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const)),
    }
    const { offsets } = await producer.send({ messages: [message], ...(compression && { compression }) })
    return `/sales/0/${offsets![0]!.offset}`
  }

  const sold = async (product: string): Promise<number> => (await engine.read.entity(Product, product)).sold

  async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const until = performance.now() + 60_000; !(await holds()); await pause(10)) {
      assert.deepEqual(crashes, [])
      assert.ok(performance.now() < until, `did not happen: ${what}`)
    }
  }

  /** Waits until all is handled that was sent before. */
  async function handleAll(): Promise<void> {
    const product = randomUUID()
    await send({ key: product, value: avro(product), headers: cloudEvent() })
    await eventually('an event of another key is handled', async () => (await sold(product)) === 1)
  }

  async function parkedFrom(place: string): Promise<ParkedEntry | undefined> {
    return (await store.parked(1_000)).find(({ source }) => source.endsWith(place))
  }

  const setAside = {
    'bytes that are no Avro': { value: Buffer.from('what is this?'), code: 'PAYLOAD_UNREADABLE' },
    'a value that ends too early': {
      value: () => avro('cut').subarray(0, -2),
      code: 'PAYLOAD_UNREADABLE',
    },
    'a value with a schema that nobody knows': {
      value: Buffer.concat([Buffer.from('0000000fff', 'hex'), Buffer.from('\u0002x\u0002')]),
      code: 'PAYLOAD_UNREADABLE',
    },
    'a record without headers': { value: () => avro('bare'), headers: {}, code: 'UNKNOWN_EVENT' },
    'an event without an id': {
      value: () => avro('nameless'),
      headers: { ce_specversion: '1.0', ce_source: '/waybill/sales/till', ce_type: 'Sold' },
      code: 'UNKNOWN_EVENT',
    },
    'an event of a type that nobody declares': {
      value: () => avro('strange'),
      headers: cloudEvent({ ce_type: 'Bought' }),
      code: 'UNKNOWN_EVENT',
    },
    'an event of others': {
      value: () => avro('strange'),
      headers: cloudEvent({ ce_source: '/others' }),
      code: 'EVENT_MISPLACED',
    },
    'an event of another service, or of one that seems to be below it': {
      value: () => avro('strange'),
      headers: cloudEvent({ ce_source: '/waybill/sales/till/2' }),
      code: 'EVENT_MISPLACED',
    },
    'an event with a type and a source that nobody could have': {
      value: () => avro('strange'),
      headers: cloudEvent({ ce_type: 'Sold\n\u001b[2J', ce_source: `/waybill/sales/${'t'.repeat(400_000)}` }),
      code: 'UNKNOWN_EVENT',
    },
    'an event with a type of half a megabyte': {
      value: () => avro('strange'),
      headers: cloudEvent({ ce_type: 'S'.repeat(500_000) }),
      code: 'UNKNOWN_EVENT',
    },
    'a whole number that is too large to be exact': {
      // 2^53 + 2, as Avro writes it.
      value: () =>
        Buffer.concat([avro('').subarray(0, 6), Buffer.from('8480808080808020', 'hex'), Buffer.of(0)]),
      code: 'PAYLOAD_UNREADABLE',
    },
    'an event in structured mode that is very deep': {
      value: Buffer.from(
        `{"specversion":"1.0","id":"1","source":"/waybill/sales/till","type":"Sold","data":${'['.repeat(300_000)}${']'.repeat(300_000)}}`,
      ),
      headers: { 'content-type': 'application/cloudevents+json' },
      code: 'UNKNOWN_EVENT',
    },
    'a tombstone': { value: null, code: 'PAYLOAD_UNREADABLE' },
    'a tombstone without headers': { value: null, headers: {}, code: 'UNKNOWN_EVENT' },
    'an event in structured mode that is no JSON': {
      value: Buffer.from('{"specversion":'),
      headers: { 'content-type': 'application/cloudevents+json' },
      code: 'UNKNOWN_EVENT',
    },
    'a key that is no text': {
      key: Buffer.from('00ff00fe', 'hex'),
      value: Buffer.from('x'),
      code: 'PAYLOAD_UNREADABLE',
    },
    'a key with the character 0': { key: 'a\0b', value: Buffer.from('x'), code: 'PAYLOAD_UNREADABLE' },
    'a very long key': { key: randomBytes(50_000), value: Buffer.from('x'), code: 'PAYLOAD_UNREADABLE' },
    'attributes that are anything': {
      value: Buffer.from('x'),
      headers: cloudEvent({
        ce_id: 'not a\0 UUID',
        ce_time: 'yesterday',
        ce_subject: '\0'.repeat(9_000),
        ce_correlationid: '',
        ce_causationid: '\u{1f600}',
        traceparent: 'no',
      }),
      code: 'PAYLOAD_UNREADABLE',
    },
  } as const

  for (const [what, { value: given, code, ...rest }] of Object.entries(setAside)) {
    it(`sets aside ${what}, as it is, and goes on`, async () => {
      const { key = randomUUID(), headers = cloudEvent() } = rest as {
        key?: string | Buffer
        headers?: Headers
      }
      const value = typeof given === 'function' ? given() : given
      const place = await send({ key, value, headers })
      await handleAll()
      const parked = await parkedFrom(place)
      assert.deepEqual([parked?.reason, parked?.error?.code], ['failed', code])
      assert.deepEqual(Buffer.from(parked!.event.payload), value ?? Buffer.alloc(0))
    })
  }

  it('holds up nothing for what it sets aside', async () => {
    const key = randomUUID()
    await send({ key, value: Buffer.from('x'), headers: cloudEvent() })
    await send({ key, value: avro(key), headers: cloudEvent() })
    await handleAll()
    assert.equal(await sold(key), 1)
  })

  const structured = (product: string) => ({
    value: Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: randomUUID(),
        source: '/waybill/sales/till',
        type: 'Sold',
        data_base64: avro(product).toString('base64'),
      }),
    ),
    headers: { 'content-type': 'application/CloudEvents+json; charset=UTF-8' },
  })

  const handled: Record<string, (product: string) => Partial<Parameters<typeof send>[0]>> = {
    'without a key': () => ({ key: null }),
    'in structured mode': structured,
    'with the id of its schema in a header': (product) => ({
      value: avro(product).subarray(5),
      headers: { ...cloudEvent(), __value_schema_id: avro(product).subarray(0, 5) },
    }),
    'with the GUID of its schema in a header': (product) => ({
      value: avro(product).subarray(5),
      headers: {
        ...cloudEvent(),
        __value_schema_id: Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex'),
      },
    }),
    'of 900 KB': (product) => ({ value: avro(product, 'x'.repeat(900_000)) }),
    'that is packed with zstd': () => ({ compression: 'zstd' }),
    'in structured mode that is packed with zstd': (product) => ({
      ...structured(product),
      compression: 'zstd',
    }),
    'with a key that is no text': () => ({ key: Buffer.from('00ff00fe', 'hex') }),
    'with headers that are given twice': () => ({
      headers: [
        ['ce_id', 'another'],
        ['ce_type', 'Bought'],
        ...Object.entries(cloudEvent()),
        ['traceparent', 'no'],
      ],
    }),
    'with 20,000 headers': () => ({
      headers: [
        ...Array.from({ length: 20_000 }, (_, n): Header => [`x-${n}`, '']),
        ...Object.entries(cloudEvent()),
      ],
    }),
    'with an id of 900 KB': () => ({ headers: cloudEvent({ ce_id: randomBytes(450_000).toString('hex') }) }),
    'with a subject and a cause of 400 KB': () => ({
      headers: cloudEvent({ ce_subject: 's'.repeat(400_000), ce_causationid: 'c'.repeat(400_000) }),
    }),
    'with an id that is no UUID, and a time long past': () => ({
      headers: cloudEvent({ ce_id: 'sale/1', ce_time: '1970-01-01T00:00:00Z' }),
    }),
  }

  for (const [how, record] of Object.entries(handled)) {
    it(`handles an event ${how}, once though it comes twice`, async () => {
      const product = randomUUID()
      const sent = { key: product, value: avro(product), headers: cloudEvent(), ...record(product) }
      await send(sent)
      await handleAll()
      await store.forget(Date.now() - 1_000_000)
      await send(sent)
      await handleAll()
      assert.equal(await sold(product), 1)
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Codec, event, type EventDef, internal } from '@waybill/core'
import { type TObject, Type } from 'typebox'
import { createAvroCodec } from './codec.ts'
import { createJsonCodec } from './json-codec.ts'
import { guidOf } from './registry/contents.ts'
import { createEmbeddedRegistry } from './registry/embedded.ts'
import { prepare } from './registry/prepare.ts'
import { shopWith } from './system.test.fixture.ts'
import { schemaIdIn } from './wire.ts'

const Line = Type.Object({
  productId: Type.Integer(),
  note: Type.Optional(Type.String()),
  price: Type.Object({ amount: Type.Integer(), currency: Type.String() }),
})
const OrderCreated = event('OrderCreated', {
  topic: 'orders',
  key: 'orderId',
  data: Type.Object({
    orderId: Type.String({ format: 'uuid' }),
    status: Type.Enum(['PENDING', 'PAID']),
    lines: Type.Array(Line),
    tags: Type.Record(Type.String(), Type.Object({ weight: Type.Optional(Type.Number()) })),
    coupon: Type.Union([
      Type.Object({ code: Type.String(), note: Type.Optional(Type.String()) }),
      Type.Null(),
    ]),
    gift: Type.Optional(Type.Object({ wrapping: Type.Optional(Type.String()) })),
    attempt: Type.Integer({ default: 1 }),
  }),
})
const order = {
  orderId: '0198f4c6-2d4e-7a3b-8c5d-9e6f7a8b9c0d',
  status: 'PENDING',
  lines: [
    { productId: 1, note: '선물', price: { amount: 1500, currency: 'KRW' } },
    { productId: 2, price: { amount: Number.MAX_SAFE_INTEGER - 1, currency: 'KRW' } },
  ],
  tags: { heavy: { weight: 1.5 }, light: {} },
  coupon: { code: 'SPRING' },
  gift: {},
  attempt: 2,
}
const bare = { orderId: order.orderId, status: 'PAID', lines: [], tags: {}, coupon: null, attempt: 1 }

const avroCodec = async (...events: EventDef[]) => {
  const system = shopWith(...events)
  return createAvroCodec(system, await prepare(system, createEmbeddedRegistry()))
}
const unreadable = (message: RegExp) => ({ code: 'PAYLOAD_UNREADABLE', message })
const invalid = (message: RegExp) => ({ code: 'PAYLOAD_INVALID', message })

const codecs: readonly [string, (...events: EventDef[]) => Promise<Codec>][] = [
  ['Avro codec', avroCodec],
  ['JSON codec', async (...events) => createJsonCodec(shopWith(...events))],
]
for (const [name, create] of codecs) {
  describe(name, () => {
    it('gives back what it was given, and absent what was absent', async () => {
      const codec = await create(OrderCreated)
      for (const data of [order, bare]) {
        assert.deepStrictEqual(codec.decode(OrderCreated, codec.encode(OrderCreated, data)), data)
      }
    })

    it('takes undefined and null for absent, and the default for what is missing', async () => {
      const codec = await create(OrderCreated)
      const { attempt: _, ...rest } = bare
      const given = { ...rest, gift: null, lines: [{ ...order.lines[1], note: undefined }] }
      assert.deepStrictEqual(codec.decode(OrderCreated, codec.encode(OrderCreated, given)), {
        ...bare,
        lines: [order.lines[1]],
      })
    })

    it('writes only what the schema has', async () => {
      const codec = await create(OrderCreated)
      const payload = codec.encode(OrderCreated, { ...bare, secret: 'x' })
      assert.deepStrictEqual(codec.decode(OrderCreated, payload), bare)
      assert.equal(Buffer.from(payload).includes('secret'), false)
    })

    it('refuses to write what does not fit, naming each place', async () => {
      const codec = await create(OrderCreated)
      const wrong = {
        ...order,
        status: 'LOST',
        attempt: 1.5,
        lines: [{ productId: '1', price: { amount: 1 } }],
      }
      assert.throws(
        () => codec.encode(OrderCreated, wrong),
        invalid(/OrderCreated: .*lines\.0\.productId is a string, not long/),
      )
      assert.throws(() => codec.encode(OrderCreated, wrong), invalid(/lines\.0\.price\.currency is missing/))
      assert.throws(
        () => codec.encode(OrderCreated, wrong),
        invalid(/status is a string, not one of PENDING, PAID/),
      )
      assert.throws(
        () => codec.encode(OrderCreated, wrong),
        invalid(/attempt is a fraction or too large, not long/),
      )
      assert.throws(() => codec.encode(OrderCreated, undefined), invalid(/the payload is missing/))
    })

    it('refuses to write what could not be read again', async () => {
      const codec = await create(OrderCreated)
      const named = { ...order, status: 'constructor' }
      assert.throws(() => codec.encode(OrderCreated, named), invalid(/status is a string, not one of/))
      const weighed = { ...order, tags: { heavy: { weight: NaN } } }
      assert.throws(
        () => codec.encode(OrderCreated, weighed),
        invalid(/tags\.heavy\.weight is NaN, not double/),
      )
    })

    it('writes payloads of any size', async () => {
      const codec = await create(OrderCreated)
      const lines = Array.from({ length: 20_000 }, (_, i) => ({ ...order.lines[0]!, productId: i }))
      const payload = codec.encode(OrderCreated, { ...order, lines })
      assert.deepStrictEqual(codec.decode(OrderCreated, payload)['lines'], lines)
    })

    it('does not share bytes between payloads', async () => {
      const codec = await create(OrderCreated)
      const payload = codec.encode(OrderCreated, order)
      codec.encode(OrderCreated, bare)
      assert.deepStrictEqual(codec.decode(OrderCreated, payload), order)
    })

    it('refuses bytes that it cannot read, whatever they are', async () => {
      const codec = await create(OrderCreated)
      const payload = codec.encode(OrderCreated, order)
      for (let end = 0; end < payload.length; end += 1) {
        const cut = payload.subarray(0, end)
        assert.throws(() => codec.decode(OrderCreated, cut), unreadable(/^OrderCreated: /), `${end} bytes`)
      }
      const longer = Buffer.concat([payload, Buffer.of(0x20, 0x78)])
      assert.throws(() => codec.decode(OrderCreated, longer), unreadable(/^OrderCreated: /))
    })

    it('does not tell values in its errors', async () => {
      const codec = await create(OrderCreated)
      const secret = { ...order, attempt: 'tok_secret' }
      const hidden = (error: Error) => !`${error.stack} ${String(error.cause)}`.includes('tok_secret')
      assert.throws(() => codec.encode(OrderCreated, secret), hidden)
    })

    it('refuses an event of another system', async () => {
      const codec = await create(OrderCreated)
      const Other = internal('Other', { data: Type.Object({ x: Type.String() }) })
      assert.throws(() => codec.encode(Other, { x: '' }), { code: 'INVARIANT_BROKEN' })
    })
  })
}

describe('Avro codec, on the wire', () => {
  const version = (fields: TObject<{ orderId: Type.TString }>) =>
    event('OrderCreated', { topic: 'orders', key: 'orderId', data: fields })
  const orderId = Type.String()

  it('writes a zero, the id of the schema and Avro binary', async () => {
    const Short = version(Type.Object({ orderId, total: Type.Integer() }))
    const codec = await avroCodec(Short)
    assert.deepEqual([...codec.encode(Short, { orderId: 'ab', total: -2 })], [0, 0, 0, 0, 1, 4, 97, 98, 3])
  })

  it('reads what was written with an older schema', async () => {
    const registry = createEmbeddedRegistry()
    const Old = version(
      Type.Object({
        orderId,
        total: Type.Integer(),
        obsolete: Type.Array(Type.Record(Type.String(), Type.Integer())),
        lines: Type.Array(Type.Object({ id: Type.String() })),
      }),
    )
    const New = version(
      Type.Object({
        currency: Type.String({ default: 'KRW' }),
        orderId,
        total: Type.Number(),
        note: Type.Optional(Type.String()),
        lines: Type.Array(Type.Object({ id: Type.String(), gift: Type.Optional(Type.Boolean()) })),
      }),
    )
    const old = shopWith(Old)
    const oldCodec = createAvroCodec(old, await prepare(old, registry))
    const now = shopWith(New)
    const newCodec = createAvroCodec(now, await prepare(now, registry))

    const payload = oldCodec.encode(Old, {
      orderId: 'o1',
      total: 7,
      obsolete: [{ a: 1 }],
      lines: [{ id: 'l1' }],
    })
    const read = { currency: 'KRW', orderId: 'o1', total: 7, lines: [{ id: 'l1' }] }
    assert.deepStrictEqual(newCodec.decode(New, payload), read)
    // The second time through the reader that was made for it.
    assert.deepStrictEqual(newCodec.decode(New, payload), read)
    assert.equal(schemaIdIn(newCodec.encode(New, read)), 2)
  })

  it('reads what was written with a newer schema, once that is learned', async () => {
    const registry = createEmbeddedRegistry()
    const Old = version(Type.Object({ orderId }))
    const New = version(Type.Object({ orderId, note: Type.Optional(Type.String()) }))
    const old = shopWith(Old)
    const snapshot = await prepare(old, registry)
    const oldCodec = createAvroCodec(old, snapshot)
    const now = shopWith(New)
    const newCodec = createAvroCodec(now, await prepare(now, registry))

    const payload = newCodec.encode(New, { orderId: 'o1', note: 'x' })
    assert.throws(
      () => oldCodec.decode(Old, payload),
      unreadable(/schema 2, which the schema registry does not have/),
    )
    await snapshot.learn([payload])
    assert.deepStrictEqual(oldCodec.decode(Old, payload), { orderId: 'o1' })
  })

  it('reads what names its schema by a GUID, once that is learned', async () => {
    const registry = createEmbeddedRegistry()
    const Short = version(Type.Object({ orderId }))
    const system = shopWith(Short)
    const snapshot = await prepare(system, registry)
    const codec = createAvroCodec(system, snapshot)
    const [schema] = (await registry.contents()).schemas.values()
    const guid = Buffer.from(guidOf(schema!).replaceAll('-', ''), 'hex')
    const payload = Buffer.concat([Buffer.of(1), guid, Buffer.of(4, 97, 98)])
    assert.throws(() => codec.decode(Short, payload), unreadable(/schema [0-9a-f-]{36}, which/))
    await codec.learn!([payload])
    assert.deepStrictEqual(codec.decode(Short, payload), { orderId: 'ab' })
    assert.throws(() => codec.decode(Short, payload.subarray(0, 10)), unreadable(/no schema id/))
  })

  it('tells what a newer definition has written', async () => {
    const registry = createEmbeddedRegistry()
    const status = (...names: string[]) => Type.Union(names.map((name) => Type.Literal(name)))
    const Old = version(Type.Object({ orderId, status: status('A', 'B') }))
    const old = shopWith(Old)
    const snapshot = await prepare(old, registry)
    const codec = createAvroCodec(old, snapshot)
    const Other = internal('Other', { data: Type.Object({ orderId }) })
    const New = version(Type.Object({ orderId, status: status('A', 'B', 'C') }))
    const now = shopWith(New, Other)
    const newer = createAvroCodec(now, await prepare(now, registry))
    const other = newer.encode(Other, { orderId: 'o1' })
    const created = newer.encode(New, { orderId: 'o1', status: 'C' })
    assert.equal(codec.isNewer!(other, 'Other'), false)
    await snapshot.learn([other, created])
    assert.equal(codec.isNewer!(other, 'Other'), true)
    assert.equal(codec.isNewer!(other, 'OrderCreated'), false)
    // A status that is not known here.
    assert.equal(codec.isNewer!(created, 'OrderCreated'), true)
    const own = codec.encode(Old, { orderId: 'o1', status: 'A' })
    for (const foreign of [own, own.subarray(0, 6), Buffer.from('{"orderId":"o1"}'), new Uint8Array()]) {
      assert.equal(codec.isNewer!(foreign, 'OrderCreated'), false)
    }
    // A registry may know other systems, too.
    const elsewhere = createAvroCodec({ ...old, name: 'elsewhere' }, snapshot)
    assert.equal(elsewhere.isNewer!(other, 'Other'), false)
  })

  it('refuses the schema of another event', async () => {
    const Other = internal('Other', { data: Type.Object({ orderId }) })
    const codec = await avroCodec(OrderCreated, Other)
    const payload = codec.encode(Other, { orderId: 'o1' })
    assert.throws(() => codec.decode(OrderCreated, payload), unreadable(/Other/))
  })

  it('refuses at once a list or map that claims more entries than there are bytes', async () => {
    const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
    const List = internal('List', { data: Type.Object({ all: Type.Array(Type.Integer()) }) })
    const Map = internal('Map', { data: Type.Object({ all: Type.Record(Type.String(), Type.Integer()) }) })
    const codec = await avroCodec(List, Map)
    assert.throws(() => codec.decode(List, Buffer.of(0, 0, 0, 0, 1, ...huge)), unreadable(/entries/))
    assert.throws(() => codec.decode(Map, Buffer.of(0, 0, 0, 0, 2, ...huge)), unreadable(/entries/))
  })

  it('reads blocks that begin with their size, as other writers make them', async () => {
    const List = internal('List', { data: Type.Object({ all: Type.Array(Type.Integer()) }) })
    const codec = await avroCodec(List)
    // Minus two entries, two bytes; the entries 1 and 2; one entry, 3; the end.
    const payload = Buffer.of(0, 0, 0, 0, 1, 3, 4, 2, 4, 2, 6, 0)
    assert.deepStrictEqual(codec.decode(List, payload), { all: [1, 2, 3] })
  })
})

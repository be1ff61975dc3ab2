import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { event } from '@waybill/core'
import { type TSchema, Type } from 'typebox'
import { createAvroCodec } from './codec.ts'
import { createJsonCodec } from './json-codec.ts'
import { createEmbeddedRegistry } from './registry/embedded.ts'
import { prepare } from './registry/prepare.ts'
import { shopWith } from './system.test.fixture.ts'

const eventWith = (n: TSchema) =>
  event('E', { topic: 'numbers', key: 'id', data: Type.Object({ id: Type.String(), n }) })

/** A codec for an event, and a payload that another program wrote with a schema of its own. */
async function received(n: TSchema, written: unknown, value: string) {
  const registry = createEmbeddedRegistry()
  const E = eventWith(n)
  const system = shopWith(E)
  const snapshot = await prepare(system, registry)
  await registry.setLevel('numbers-value', 'NONE')
  const id = await registry.register('numbers-value', {
    type: 'record',
    name: 'E',
    namespace: 'waybill.shop',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'n', type: written as string },
    ],
  })
  const payload = Buffer.concat([Buffer.of(0, 0, 0, 0, id), Buffer.from(value, 'hex')])
  await snapshot.learn([payload])
  const codec = createAvroCodec(system, snapshot)
  return { E, codec, payload, decode: () => codec.decode(E, payload)['n'] }
}

const logical = (type: string, logicalType: string) => ({ type, logicalType, precision: 10, scale: 2 })

/** The bytes are those that fastavro 1.13.1 (Python) writes for the value, behind the id "a". */
const read: readonly [string, TSchema, unknown, string, number][] = [
  ['the greatest exact integer', Type.Integer(), 'long', '0261feffffffffffff1f', Number.MAX_SAFE_INTEGER],
  ['the least exact integer', Type.Integer(), 'long', '0261fdffffffffffff1f', Number.MIN_SAFE_INTEGER],
  ['2^52 + 1', Type.Integer(), 'long', '02618280808080808010', 2 ** 52 + 1],
  ['-(2^52 + 1)', Type.Integer(), 'long', '02618180808080808010', -(2 ** 52) - 1],
  ['an exact integer as a number', Type.Number(), 'long', '0261fdffffffffffff1f', Number.MIN_SAFE_INTEGER],
  [
    'a time in milliseconds',
    Type.Integer(),
    logical('long', 'timestamp-millis'),
    '0261f6cfaa8ac268',
    Date.parse('2026-11-25T03:00:00.123Z'),
  ],
  [
    'a time in microseconds',
    Type.Integer(),
    logical('long', 'timestamp-micros'),
    '026180b980dda0c4b006',
    Date.parse('2026-11-25T03:00:00.123Z') * 1000 + 456,
  ],
  ['a short float', Type.Number(), 'float', '02610000c03f', 1.5],
]

const tooLarge = /^E: n: an integer beyond/
const refused: readonly [string, TSchema, unknown, string, RegExp][] = [
  ['2^53', Type.Integer(), 'long', '02618080808080808020', tooLarge],
  ['-2^53', Type.Integer(), 'long', '0261ffffffffffffff1f', tooLarge],
  ['the greatest long', Type.Integer(), 'long', '0261feffffffffffffffff01', tooLarge],
  ['the least long', Type.Integer(), 'long', '0261ffffffffffffffffff01', tooLarge],
  ['2^53 as a number', Type.Number(), 'long', '02618080808080808020', tooLarge],
  [
    'a time in nanoseconds',
    Type.Integer(),
    logical('long', 'timestamp-nanos'),
    '0261aab4bdcbd69f95eb31',
    tooLarge,
  ],
  ['a decimal as a string', Type.String(), logical('bytes', 'decimal'), '02610612d687', /^E: n: a decimal/],
  ['bytes that are no text', Type.String(), 'bytes', '026104ff00', /^E: n: bytes that are no UTF-8/],
  ['infinity', Type.Number(), 'double', '0261000000000000f07f', /^E: n: not a finite number/],
]

describe('numbers on the wire', () => {
  for (const [what, n, written, value, expected] of read) {
    it(`reads ${what}, and writes what it read`, async () => {
      const { E, codec, decode } = await received(n, written, value)
      assert.equal(decode(), expected)
      assert.equal(codec.decode(E, codec.encode(E, { id: 'a', n: expected }))['n'], expected)
    })
  }

  for (const [what, n, written, value, message] of refused) {
    it(`refuses ${what}, naming the field`, async () => {
      const { decode } = await received(n, written, value)
      assert.throws(decode, { code: 'PAYLOAD_UNREADABLE', message })
    })
  }

  it('writes integers byte for byte as others do', async () => {
    for (const [, n, written, value, number] of read.slice(0, 4)) {
      const { E, codec, payload } = await received(n, written, value)
      assert.deepEqual(codec.encode(E, { id: 'a', n: number }), payload)
    }
  })

  it('refuses to write what a number does not hold exactly', async () => {
    const E = eventWith(Type.Integer())
    const { codec } = await received(Type.Integer(), 'long', '026102')
    const message = /^E: n is a fraction or too large, not long/
    for (const n of [2 ** 53, -(2 ** 53), 2 ** 63]) {
      assert.throws(() => codec.encode(E, { id: 'a', n }), { code: 'PAYLOAD_INVALID', message })
    }
    const json = createJsonCodec(shopWith(E))
    for (const n of ['9007199254740993', '-9223372036854775808', '1.5']) {
      assert.throws(() => json.decode(E, Buffer.from(`{"id":"a","n":${n}}`)), {
        code: 'PAYLOAD_UNREADABLE',
        message,
      })
    }
  })

  it('names the place inside lists, maps and nullable objects', async () => {
    const Inner = Type.Object({ m: Type.Record(Type.String(), Type.Union([Type.Integer(), Type.Null()])) })
    const registry = createEmbeddedRegistry()
    const E = eventWith(Type.Array(Inner))
    const system = shopWith(E)
    const codec = createAvroCodec(system, await prepare(system, registry))
    // "a"; one item; its map of one entry, "b"; the second branch; 2^53.
    const payload = Buffer.from('00000000010261020202620280808080808080200000', 'hex')
    assert.throws(() => codec.decode(E, payload), {
      code: 'PAYLOAD_UNREADABLE',
      message: /^E: n\.0\.m\.b: an integer beyond/,
    })
  })
})

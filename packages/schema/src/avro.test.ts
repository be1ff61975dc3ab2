import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { event, internal } from '@waybill/core'
import { type TObject, type TSchema, Type } from 'typebox'
import { avroOf, schemasOf } from './avro.ts'
import { shopWith } from './system.test.fixture.ts'

const derive = (data: TObject) => avroOf(internal('OrderCreated', { data }), 'waybill.shop')
/** The field that a property becomes. */
const fieldOf = (property: TSchema) => derive(Type.Object({ it: property })).fields[0]
const refusal = (message: RegExp) => ({ code: 'SYSTEM_INVALID', message })

describe('avroOf', () => {
  it('names the record after the event, in the namespace of the system', () => {
    const OrderCreated = event('OrderCreated', {
      topic: 'orders',
      key: 'orderId',
      data: Type.Object({ orderId: Type.String() }, { description: 'An order was placed.' }),
    })
    assert.deepEqual(schemasOf(shopWith(OrderCreated)).get('OrderCreated'), {
      type: 'record',
      name: 'OrderCreated',
      namespace: 'waybill.shop',
      doc: 'An order was placed.',
      fields: [{ name: 'orderId', type: 'string' }],
    })
  })

  it('makes a name of event types with dots and dashes', () => {
    const data = Type.Object({ kind: Type.Literal('a') })
    const { name, fields } = avroOf(internal('evaluation.retry-requested', { data }), 'waybill.devtrip')
    assert.equal(name, 'evaluation_retry_requested')
    assert.deepEqual(fields[0]?.type, {
      type: 'enum',
      name: 'evaluation_retry_requested_kind',
      symbols: ['a'],
    })
  })

  const uuid = { type: 'string', logicalType: 'uuid' }
  const types: readonly [string, TSchema, unknown][] = [
    ['a string', Type.String(), 'string'],
    ['a UUID', Type.String({ format: 'uuid' }), uuid],
    ['a time', Type.String({ format: 'date-time' }), 'string'],
    ['an integer', Type.Integer(), 'long'],
    ['a number', Type.Number(), 'double'],
    ['a boolean', Type.Boolean(), 'boolean'],
    ['a list', Type.Array(Type.Integer()), { type: 'array', items: 'long' }],
    ['a map', Type.Record(Type.String(), Type.Integer()), { type: 'map', values: 'long' }],
    ['a nullable', Type.Union([Type.String(), Type.Null()]), ['null', 'string']],
    ['a choice that Avro has no symbols for', Type.Enum(['card', 'bank transfer']), 'string'],
    ['an enum', Type.Enum(['A', 'B']), { type: 'enum', name: 'OrderCreated_it', symbols: ['A', 'B'] }],
    [
      'a union of literals',
      Type.Union([Type.Literal('A'), Type.Literal('B')]),
      { type: 'enum', name: 'OrderCreated_it', symbols: ['A', 'B'] },
    ],
    [
      'a nullable union of literals',
      Type.Union([Type.Literal('A'), Type.Literal('B'), Type.Null()]),
      ['null', { type: 'enum', name: 'OrderCreated_it', symbols: ['A', 'B'] }],
    ],
    [
      'a list of objects',
      Type.Array(Type.Object({ price: Type.Object({ amount: Type.Integer() }) })),
      {
        type: 'array',
        items: {
          type: 'record',
          name: 'OrderCreated_it',
          fields: [
            {
              name: 'price',
              type: {
                type: 'record',
                name: 'OrderCreated_it_price',
                fields: [{ name: 'amount', type: 'long' }],
              },
            },
          ],
        },
      },
    ],
  ]
  for (const [what, schema, expected] of types) {
    it(`gives ${what} its type`, () => assert.deepEqual(fieldOf(schema)?.type, expected))
  }

  it('makes what may be absent a union with null and a default', () => {
    assert.deepEqual(fieldOf(Type.Optional(Type.String())), {
      name: 'it',
      type: ['null', 'string'],
      default: null,
    })
  })

  it('keeps descriptions and defaults, and puts the branch of a default first', () => {
    assert.deepEqual(fieldOf(Type.String({ description: 'ISO 4217', default: 'KRW' })), {
      name: 'it',
      doc: 'ISO 4217',
      type: 'string',
      default: 'KRW',
    })
    assert.deepEqual(fieldOf(Type.Optional(Type.Integer({ default: 1 }))), {
      name: 'it',
      type: ['long', 'null'],
      default: 1,
    })
    assert.deepEqual(fieldOf(Type.Union([Type.String(), Type.Null()], { default: null })), {
      name: 'it',
      type: ['null', 'string'],
      default: null,
    })
  })

  const refused: readonly [string, TSchema, RegExp][] = [
    ['anything', Type.Any(), /event OrderCreated, field it: Avro has no type/],
    ['a tuple', Type.Tuple([Type.String()]), /field it: Avro has no tuples/],
    ['a union of types', Type.Union([Type.String(), Type.Integer()]), /field it: a union/],
    ['a free object', Type.Object({ deep: Type.Object({}) }), /field it\.deep: an object without properties/],
    ['an intersection', Type.Intersect([Type.Object({ a: Type.String() })]), /field it: Avro has no type/],
    ['a field name with a dash', Type.Object({ 'a-b': Type.String() }), /field it\.a-b: an Avro field/],
    [
      'optional and nullable in one',
      Type.Optional(Type.Union([Type.String(), Type.Null()])),
      /field it: both optional and nullable/,
    ],
    ['a default of another type', Type.Integer({ default: 'x' }), /event OrderCreated: .*default "x"/],
  ]
  for (const [what, schema, message] of refused) {
    it(`refuses ${what}, naming the field`, () => assert.throws(() => fieldOf(schema), refusal(message)))
  }

  it('refuses names that clash', () => {
    const inner = Type.Object({ x: Type.String() })
    const schema = Type.Object({ a: Type.Object({ b: inner }), a_b: inner })
    assert.throws(
      () => derive(schema),
      refusal(/field a_b: called OrderCreated_a_b in Avro, as field a\.b is/),
    )

    const data = Type.Object({ x: Type.String() })
    const events = [internal('user.login', { data }), internal('user-login', { data })]
    assert.throws(() => schemasOf(shopWith(...events)), refusal(/user\.login and user-login/))
  })
})

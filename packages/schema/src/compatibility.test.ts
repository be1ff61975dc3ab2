import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AvroField, AvroRecord, AvroSchema } from './avro-schema.ts'
import { type CompatibilityLevel, incompatibilities } from './compatibility.ts'

const record = (...fields: AvroField[]): AvroRecord => ({
  type: 'record',
  name: 'Order',
  namespace: 'n',
  fields,
})
const id: AvroField = { name: 'id', type: 'string' }
const enumOf = (...symbols: string[]): AvroField => ({
  name: 'status',
  type: { type: 'enum', name: 'S', symbols },
})
const it1 = (type: AvroSchema): AvroRecord => record({ name: 'it', type })

describe('incompatibilities, backward', () => {
  const cases: readonly [string, AvroSchema, AvroSchema, string[]][] = [
    ['the same schema', record(id), record(id), []],
    [
      'a field added without a default',
      record(id, { name: 'total', type: 'long' }),
      record(id),
      ['total: the old schema lacks it and the new one has no default'],
    ],
    ['a field added with a default', record(id, { name: 'total', type: 'long', default: 0 }), record(id), []],
    ['a field removed', record(), record(id), []],
    ['a type changed', it1('string'), it1('long'), ['it: long of the old schema is no string of the new']],
    ['int to long', it1('long'), it1('int'), []],
    ['long to double', it1('double'), it1('long'), []],
    ['double to long', it1('long'), it1('double'), ['it: double of the old schema is no long of the new']],
    ['a field made nullable', it1(['null', 'string']), it1('string'), []],
    [
      'a field no longer nullable',
      it1('string'),
      it1(['null', 'string']),
      ['it: null of the old schema is no string of the new'],
    ],
    [
      'another type under null',
      it1(['null', 'string']),
      it1(['null', 'boolean']),
      ['it: boolean of the old schema is no null or string of the new'],
    ],
    ['a symbol added', record(enumOf('A', 'B')), record(enumOf('A')), []],
    [
      'symbols removed',
      record(enumOf('A')),
      record(enumOf('A', 'B', 'C')),
      ['status: the new schema lacks B, C of the old one'],
    ],
    [
      'an enum that becomes a string',
      it1('string'),
      it1({ type: 'enum', name: 'S', symbols: ['A'] }),
      ['it: enum of the old schema is no string of the new'],
    ],
    [
      'a record renamed',
      { ...record(id), name: 'Purchase' },
      record(id),
      ['the record: called n.Purchase in the new schema and n.Order in the old'],
    ],
    ['another namespace', { ...record(id), namespace: 'm' }, record(id), []],
    [
      'changes deep inside, each with its path',
      it1({
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [
            { name: 'price', type: { type: 'map', values: 'long' } },
            { name: 'sku', type: 'string' },
          ],
        },
      }),
      it1({
        type: 'array',
        items: {
          type: 'record',
          name: 'Line',
          fields: [{ name: 'price', type: { type: 'map', values: 'string' } }],
        },
      }),
      [
        'it.[].price.{}: string of the old schema is no long of the new',
        'it.[].sku: the old schema lacks it and the new one has no default',
      ],
    ],
    [
      'a record under null, with the reason inside it',
      it1(['null', { type: 'record', name: 'R', fields: [id] }]),
      it1(['null', { type: 'record', name: 'R', fields: [] }]),
      ['it.id: the old schema lacks it and the new one has no default'],
    ],
    [
      'a recursive schema',
      record({ name: 'next', type: ['null', 'n.Order'] }, { name: 'x', type: 'long' }),
      record({ name: 'next', type: ['null', 'n.Order'] }, { name: 'x', type: 'string' }),
      ['x: string of the old schema is no long of the new'],
    ],
  ]
  for (const [what, next, old, expected] of cases) {
    it(what, () => assert.deepEqual(incompatibilities('BACKWARD', next, [old]), expected))
  }
})

describe('incompatibilities, by level', () => {
  const added = record(id, { name: 'total', type: 'long' })
  const base = record(id)
  const cases: readonly [CompatibilityLevel, string, AvroSchema, AvroSchema[], boolean][] = [
    ['NONE', 'anything', it1('long'), [base], true],
    ['BACKWARD', 'a required field added', added, [base], false],
    ['FORWARD', 'a required field added', added, [base], true],
    ['FORWARD', 'a required field removed', base, [added], false],
    ['FULL', 'a required field added', added, [base], false],
    ['FULL', 'a required field removed', base, [added], false],
    ['BACKWARD', 'compatible with the last version only', added, [base, added], true],
    ['BACKWARD_TRANSITIVE', 'compatible with the last version only', added, [base, added], false],
    ['FORWARD_TRANSITIVE', 'an early version that cannot read it', base, [added, base], false],
    ['FULL_TRANSITIVE', 'compatible with all', base, [base, base], true],
    ['FULL_TRANSITIVE', 'the first version', base, [], true],
  ]
  for (const [level, what, next, earlier, allowed] of cases) {
    it(`${level} ${allowed ? 'allows' : 'refuses'} ${what}`, () => {
      assert.equal(incompatibilities(level, next, earlier).length === 0, allowed)
    })
  }
})

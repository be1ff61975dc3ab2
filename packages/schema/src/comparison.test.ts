import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AvroSchema } from './avro-schema.ts'
import { incompatibilities } from './compatibility.ts'

/** Any schema, also such as Waybill would not derive. */
const schema = (value: unknown) => value as AvroSchema
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields })
const backward = (next: object, old: object) => incompatibilities('BACKWARD', schema(next), [schema(old)])

describe('comparison', () => {
  it('remembers of two records that they do not fit, wherever it met them first', () => {
    const reader = record(
      'T',
      {
        name: 'u',
        type: [
          'string',
          record('I', { name: 'q', type: 'int' }),
          { ...record('J', { name: 'q', type: 'long' }), aliases: ['I'] },
        ],
      },
      { name: 'w', type: 'I' },
    )
    const writer = record(
      'T',
      { name: 'u', type: ['string', record('I', { name: 'q', type: 'long' })] },
      { name: 'w', type: 'I' },
    )
    assert.deepEqual(backward(reader, writer), ['w.q: long of the old schema is no int of the new'])
  })

  it('refuses a field that two of the old schema fit', () => {
    const reader = record('R', { name: 'b', type: 'int', aliases: ['a'] })
    const writer = record('R', { name: 'a', type: 'int' }, { name: 'b', type: 'int' })
    assert.deepEqual(backward(reader, writer), ['b: b and a of the old schema both fit it'])
  })

  it('tells few reasons where a record that does not fit stands in very many places', () => {
    const tower = (type: string) => {
      let part: object = record('R0', { name: 'x', type })
      for (let i = 1; i < 40; i += 1) {
        part = record(`R${i}`, { name: 'a', type: part }, { name: 'b', type: `R${i - 1}` })
      }
      return part
    }
    const reasons = backward(tower('int'), tower('string'))
    assert.ok(reasons.length > 0 && reasons.length < 100, String(reasons.length))
  })

  it('gives up on what would take too long, and says so', () => {
    const union = (type: string) =>
      record('U', {
        name: 'all',
        type: Array.from({ length: 3000 }, (_, i) => record(`${type}${i}`)),
      })
    assert.match(backward(union('A'), union('B')).join(), /too large or too deep to compare/)

    const circle = (length: number) => {
      let part: unknown = 'C0'
      for (let i = length - 1; i >= 0; i -= 1) {
        part = { ...record(`C${i}`, { name: 'next', type: part }), aliases: names }
      }
      return part as object
    }
    const names = Array.from({ length: 64 }, (_, i) => `C${i}`)
    assert.match(backward(circle(61), circle(59)).join(), /too large or too deep to compare/)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import Type, { type TProperties } from 'typebox'
import { inputReader } from './input.ts'
import { HttpProblem } from './problem.ts'
import { parseRoute } from './route.ts'

/** Reads a body, and gives the input or what is wrong with it. */
function read(properties: TProperties, body: unknown): unknown {
  try {
    return inputReader(parseRoute('POST /things'), Type.Object(properties))({ body } as FastifyRequest)
  } catch (error) {
    return (error as HttpProblem).problem.errors
  }
}

describe('input', () => {
  test('unknown properties are dropped in unions and lists, kept where the schema is open', () => {
    const Dot = Type.Object({ x: Type.Integer() })
    assert.deepEqual(read({ a: Type.Union([Dot, Type.Null()]) }, { a: { x: 1, y: 2 } }), { a: { x: 1 } })
    assert.deepEqual(read({ a: Type.Array(Type.Array(Dot)) }, { a: [[{ x: 1, y: 2 }]] }), { a: [[{ x: 1 }]] })
    const open = { a: Type.Record(Type.String(), Type.Integer()) }
    assert.deepEqual(read(open, { a: { anything: 1 } }), { a: { anything: 1 } })
    const loose = { a: Type.Object({}, { additionalProperties: true }) }
    assert.deepEqual(read(loose, { a: { anything: 1 } }), { a: { anything: 1 } })
  })

  test('a strict schema does not refuse what is dropped', () => {
    const strict = { a: Type.Object({ x: Type.Integer() }, { additionalProperties: false }) }
    assert.deepEqual(read(strict, { a: { x: 1, y: 2 } }), { a: { x: 1 } })
  })

  test('a field that fits no branch of a union gets one entry', () => {
    const one = (schema: TProperties[string], value: unknown): unknown => read({ a: schema }, { a: value })
    assert.deepEqual(one(Type.Union([Type.String(), Type.Null()]), 1), [
      { pointer: '/a', detail: 'must be string or null' },
    ])
    const shapes = Type.Union([Type.Object({ x: Type.Integer() }), Type.Object({ y: Type.Integer() })])
    assert.deepEqual(one(shapes, { x: 'one' }), [{ pointer: '/a', detail: 'fits none of the allowed forms' }])
  })

  test('more than eight bad fields are all named', () => {
    const errors = read({ a: Type.Array(Type.Integer()) }, { a: Array.from({ length: 50 }, () => 'x') })
    assert.equal((errors as unknown[]).length, 50)
  })
})

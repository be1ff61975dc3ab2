import type { FastifyRequest } from 'fastify'
import type { TObject } from 'typebox'
import { Compile } from 'typebox/compile'
import { coercer } from './coerce.ts'
import { fieldErrors } from './field-errors.ts'
import { HttpProblem } from './problem.ts'
import { pruner } from './prune.ts'
import { placeOf, type Route } from './route.ts'

/** Reads the input of a request: path parameters, query string and body as one object, checked. */
export type ReadInput = (request: FastifyRequest) => Record<string, unknown>

/**
 * Makes the reader of a route's input. All that can be prepared is prepared here, once.
 * Only fields that the schema names are taken over; a path parameter wins over a body field of its name.
 */
export function inputReader(route: Route, schema: TObject): ReadInput {
  const fields = Object.entries(schema.properties).map(([name, property]) => {
    const place = placeOf(route, name)
    const read = place === 'body' ? pruner(property) : coercer(property)
    const { default: preset } = property as { default?: unknown }
    return { name, place, read: read as (value: unknown) => unknown, preset }
  })
  const takesBody = fields.some(({ place }) => place === 'body')
  const check = Compile(schema)
  return (request) => {
    if (takesBody && !isObject(request.body ?? {})) {
      throw new HttpProblem('INPUT_INVALID', [{ pointer: '', detail: 'must be an object' }])
    }
    const input: Record<string, unknown> = {}
    for (const { name, place, read, preset } of fields) {
      const given = (request[place] as Record<string, unknown> | undefined)?.[name]
      if (given !== undefined) input[name] = read(given)
      else if (preset !== undefined) input[name] = preset
    }
    if (check.Check(input)) return input
    throw new HttpProblem('INPUT_INVALID', fieldErrors(check.Errors(input)))
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

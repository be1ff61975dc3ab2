import { STATUS_CODES } from 'node:http'
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import Type, { type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import type { Endpoint } from './endpoint.ts'
import { exampleOf } from './example.ts'
import { placeOf } from './route.ts'

/** An OpenAPI 3.1 document. */
export type OpenApi = NonNullable<FastifyDynamicSwaggerOptions['openapi']>
/** One method of one path in it. */
export type Operation = NonNullable<NonNullable<OpenApi['paths']>[string]>['get']

const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'a literal to decide by' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String({ format: 'json-pointer' }), detail: Type.String() }), {
        description: 'one entry for each bad field',
      }),
    ),
  },
  { description: 'RFC 9457' },
)

const requestHeaders: Record<Endpoint['heeds'][number], { schema: TSchema; description: string }> = {
  'Idempotency-Key': {
    schema: Type.String({ minLength: 1, maxLength: 255 }),
    description: 'Makes a repetition harmless: the first answer is given again.',
  },
  Prefer: {
    schema: Type.String({ examples: ['wait=10'] }),
    description: 'RFC 7240: `wait=N` waits for the end of the flow, up to N (at most 30) seconds.',
  },
}

/**
 * The document of an HTTP interface.
 * @param about its title, and a sentence that says what it is
 */
export function openApi(
  about: { readonly title: string; readonly description: string },
  endpoints: readonly Endpoint[],
): OpenApi {
  const byPath = Map.groupBy(endpoints, ({ route }) => route.path)
  const paths = [...byPath].map(([path, same]) => [
    path,
    Object.fromEntries(same.map((endpoint) => [endpoint.route.method.toLowerCase(), operation(endpoint)])),
  ])
  return {
    openapi: '3.1.0',
    info: { ...about, version: '1.0.0' },
    // Wherever the document was read: behind a proxy the address is not the one that we listen on.
    servers: [{ url: '/' }],
    tags: [...new Set(endpoints.map(({ id }) => tagOf(id)))].map((name) => ({
      name,
      description: `What the service ${name} does and answers.`,
    })),
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem },
    },
  }
}

function operation(endpoint: Endpoint): Operation {
  const { id, summary, route, role, input, output, status, heeds, refuses = [] } = endpoint
  const fields = Object.entries(input.properties).map(([name, schema]) => ({
    name,
    schema,
    place: placeOf(route, name),
    required: (input.required ?? []).includes(name),
  }))
  const inBody = fields.filter(({ place }) => place === 'body')
  const parameters = fields.filter(({ place }) => place !== 'body').map(parameter)
  const headers = heeds.map((name) => ({ name, in: 'header', required: false, ...requestHeaders[name] }))
  const body = {
    type: 'object',
    properties: Object.fromEntries(inBody.map(({ name, schema }) => [name, schema])),
    required: inBody.filter(({ required }) => required).map(({ name }) => name),
  }
  const changes = route.method !== 'GET'
  const refusals = [
    // A body is read whether it is asked for or not; a part of the path may be encoded wrongly.
    ...(changes || route.params.length > 0 ? [400] : []),
    ...(role === undefined ? [] : [401, 403]),
    ...(parameters.length > 0 ? [404] : []),
    ...(changes ? [409, 413, 415] : []),
    // Of the fields, or because the key was used for something else.
    ...(fields.length > 0 || heeds.includes('Idempotency-Key') ? [422] : []),
    ...refuses,
    429,
    500,
    503,
  ]
  return {
    operationId: id,
    summary: summary ?? sentence(id.slice(id.indexOf('.') + 1)),
    tags: [tagOf(id)],
    // An empty list says that it is open, and not that somebody forgot.
    security: role === undefined ? [] : [{ bearer: [] }],
    description: role === undefined ? 'Open to everyone.' : `Takes the role \`${role}\`.`,
    parameters: [...parameters, ...headers],
    ...(inBody.length === 0
      ? {}
      : { requestBody: { required: body.required.length > 0, content: json(body) } }),
    responses: {
      [status]: {
        description: STATUS_CODES[status]!,
        headers: {
          'X-Correlation-Id': { schema: { type: 'string', format: 'uuid' } },
          ...(status === 201 ? { Location: { schema: { type: 'string' } } } : {}),
        },
        content: json(output),
      },
      ...Object.fromEntries(refusals.map((refusal) => [refusal, problemResponse(refusal)])),
    },
  } as Operation
}

/** A parameter of the path or the query string. */
export function parameter(field: {
  readonly name: string
  readonly schema: TSchema
  readonly place: string
  readonly required: boolean
}): object {
  const { name, schema, place, required } = field
  return {
    name,
    in: place === 'params' ? 'path' : 'query',
    required: place === 'params' || required,
    schema,
    ...example(schema),
  }
}

/** JSON as content, with an example. */
export function json(schema: TSchema): { readonly 'application/json': object } {
  return { 'application/json': { schema, ...example(schema) } }
}

/** Not every schema says enough to make one: then there is none rather than a wrong one. */
function example(schema: TSchema): { readonly example?: unknown } {
  const made = exampleOf(schema)
  return made !== undefined && Check(schema, made) ? { example: made } : {}
}

/** The answer that a status stands for when something is refused. */
export function problemResponse(status: number): object {
  const retry = { 'Retry-After': { schema: { type: 'integer' }, description: 'seconds' } }
  return {
    description: STATUS_CODES[status]!,
    ...(status === 429 || status === 503 ? { headers: retry } : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

/** The service that an endpoint belongs to. */
function tagOf(id: string): string {
  return id.slice(0, id.indexOf('.'))
}

/** `place-order` as `Place order`. */
function sentence(name: string): string {
  const words = name.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

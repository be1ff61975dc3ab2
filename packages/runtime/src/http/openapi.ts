import { STATUS_CODES } from 'node:http'
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import Type, { type TSchema } from 'typebox'
import type { Endpoint } from './endpoint.ts'
import { exampleOf } from './example.ts'
import { placeOf } from './route.ts'

/** An OpenAPI 3.1 document. */
export type OpenApi = NonNullable<FastifyDynamicSwaggerOptions['openapi']>
type Operation = NonNullable<NonNullable<OpenApi['paths']>[string]>['get']

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

/** The document of a system's public interface. */
export function openApi(system: string, endpoints: readonly Endpoint[]): OpenApi {
  const byPath = Map.groupBy(endpoints, ({ route }) => route.path)
  const paths = [...byPath].map(([path, same]) => [
    path,
    Object.fromEntries(same.map((endpoint) => [endpoint.route.method.toLowerCase(), operation(endpoint)])),
  ])
  return {
    openapi: '3.1.0',
    info: { title: system, version: '1.0.0', description: `The public HTTP interface of ${system}.` },
    tags: [...new Set(endpoints.map(({ id }) => tagOf(id)))].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem },
    },
  }
}

function operation({ id, route, role, input, output, status, heeds }: Endpoint): Operation {
  const fields = Object.entries(input.properties).map(([name, schema]) => ({
    name,
    schema,
    place: placeOf(route, name),
    required: (input.required ?? []).includes(name),
  }))
  const inBody = fields.filter(({ place }) => place === 'body')
  const parameters = fields
    .filter(({ place }) => place !== 'body')
    .map(({ name, schema, place, required }) => ({
      name,
      in: place === 'params' ? 'path' : 'query',
      required: place === 'params' || required,
      schema,
      example: exampleOf(schema),
    }))
  const headers = heeds.map((name) => ({ name, in: 'header', required: false, ...requestHeaders[name] }))
  const body = {
    type: 'object',
    properties: Object.fromEntries(inBody.map(({ name, schema }) => [name, schema])),
    required: inBody.filter(({ required }) => required).map(({ name }) => name),
  }
  const refusals = [
    ...(inBody.length > 0 ? [400, 413, 415] : []),
    ...(role === undefined ? [] : [401, 403]),
    ...(parameters.length > 0 ? [404] : []),
    ...(route.method === 'GET' ? [] : [409]),
    ...(fields.length > 0 ? [422] : []),
    429,
    500,
    503,
  ]
  return {
    operationId: id,
    summary: sentence(id.slice(id.indexOf('.') + 1)),
    tags: [tagOf(id)],
    ...(role === undefined ? {} : { security: [{ bearer: [] }], description: `Takes the role \`${role}\`.` }),
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

function json(schema: TSchema): object {
  return { 'application/json': { schema, example: exampleOf(schema) } }
}

function problemResponse(status: number): object {
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

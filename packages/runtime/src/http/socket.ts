import type { TObject, TSchema } from 'typebox'
import { exampleOf } from './example.ts'
import { json, type Operation, parameter, problemResponse } from './openapi.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the document says of a WebSocket: OpenAPI finds nothing out about one by itself. */
    socket?: SocketDescription
  }
}

/** A WebSocket of a system, as its clients see it. */
export interface SocketDescription {
  /** Unique in a system, its service first: `notification.live`. */
  readonly id: string
  readonly summary: string
  /** In Markdown: who may open it, and in which order what comes. */
  readonly description: string
  /** Parameters of its address. */
  readonly query: TObject
  /** One message that it sends, as JSON text. */
  readonly sends: TSchema
  /** Close codes of its own, and what each means. */
  readonly closes: Readonly<Record<number, string>>
}

/**
 * The operation of a WebSocket. OpenAPI has no words for what comes after the handshake: programs find it in
 * `x-websocket`, people in the description.
 */
export function socketOperation({ id, summary, ...rest }: SocketDescription): Operation {
  const { description, query, sends, closes } = rest
  const rows = Object.entries(closes).map(([code, why]) => `| ${code} | ${why} |`)
  const text = [
    `A WebSocket. ${description}`,
    'Each message is JSON text:',
    ['```json', JSON.stringify(exampleOf(sends), undefined, 2), '```'].join('\n'),
    ['| close code | why |', '| --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
  return {
    operationId: id,
    summary,
    description: text,
    tags: [id.slice(0, id.indexOf('.'))],
    security: [],
    parameters: Object.entries(query.properties).map(([name, schema]) =>
      parameter({ name, schema, place: 'query', required: (query.required ?? []).includes(name) }),
    ),
    responses: {
      101: { description: 'The connection is a WebSocket from here on.' },
      404: { description: 'The request was no WebSocket handshake.' },
      ...Object.fromEntries([429, 500, 503].map((status) => [status, problemResponse(status)])),
    },
    'x-websocket': { messages: json(sends)['application/json'], closeCodes: closes },
  } as Operation
}

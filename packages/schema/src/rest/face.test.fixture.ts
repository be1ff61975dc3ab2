import fastify, { type FastifyInstance } from 'fastify'
import { createEmbeddedRegistry } from '../registry/embedded.ts'
import { registryRoutes } from './routes.ts'

/** An embedded registry that others reach over HTTP. */
export interface Face {
  readonly address: string
  /** Sends a request and reads the answer. */
  ask(request: string, body?: unknown): Promise<{ readonly status: number; readonly body: any }>
  close(): Promise<void>
}

/** Everyone may write to it. */
export async function openFace(): Promise<Face> {
  const http: FastifyInstance = fastify({ routerOptions: { maxParamLength: 500 } })
  await http.register(registryRoutes, {
    prefix: '/registry',
    registry: createEmbeddedRegistry(),
    mayWrite: (_request, _reply, _payload, done) => done(),
  })
  const address = `${await http.listen({ host: '127.0.0.1', port: 0 })}/registry`
  return {
    address,
    async ask(request, body) {
      const [method, path] = request.split(' ') as [string, string]
      const response = await fetch(address + path, {
        method,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    },
    close: () => http.close(),
  }
}

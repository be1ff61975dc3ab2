import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { OpenApi } from './openapi.ts'
import { socketOperation } from './socket.ts'

/**
 * `/openapi.json` and, for reading, `/docs`. Must come before the routes: those that a system adds by itself, its
 * WebSockets among them, are found as they are added.
 */
export async function addDocs(http: FastifyInstance, document: OpenApi): Promise<void> {
  const sockets: Record<string, object> = {}
  http.addHook('onRoute', ({ url, method, config }) => {
    const { socket } = config ?? {}
    if (socket !== undefined && method === 'GET') sockets[url] = { get: socketOperation(socket) }
  })
  await http.register(swagger, {
    openapi: document,
    transformObject: (made) => {
      if (!('openapiObject' in made)) return made.swaggerObject
      const { openapiObject } = made
      return { ...openapiObject, paths: { ...openapiObject.paths, ...sockets } }
    },
  })
  await http.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, persistAuthorization: true },
    staticCSP: {
      'default-src': "'self'",
      'img-src': ["'self'", 'data:'],
      'style-src': ["'self'", "'unsafe-inline'"],
      'frame-ancestors': "'none'",
    },
  })
  http.get('/openapi.json', { schema: { hide: true } }, () => http.swagger())
}

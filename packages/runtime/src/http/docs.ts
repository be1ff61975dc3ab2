import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { OpenApi } from './openapi.ts'

/**
 * `/openapi.json` and, for reading, `/docs`. Must come before the routes: those that a system adds by itself are found
 * as they are added.
 */
export async function addDocs(http: FastifyInstance, document: OpenApi): Promise<void> {
  await http.register(swagger, { openapi: document })
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

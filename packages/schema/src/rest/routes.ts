import { createRequire } from 'node:module'
import { hasCode } from '@waybill/core'
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  preParsingHookHandler,
} from 'fastify'
import type { EmbeddedRegistry } from '../registry/embedded.ts'
import { RegistryFault } from '../registry/fault.ts'
import { compatibilityRoutes } from './compatibility-routes.ts'
import { routesTo } from './route.ts'
import { schemaRoutes } from './schema-routes.ts'
import { settingRoutes } from './setting-routes.ts'
import { subjectRoutes } from './subject-routes.ts'

/** The first that a client accepts is answered with. */
const mediaTypes = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/**
 * Confluent's REST API of a registry inside the process, as a Fastify plugin: whoever registers it chooses its prefix.
 * A subject's name is part of the path, so the server must take long ones (`routerOptions.maxParamLength`).
 * @param options.mayWrite lets pass, or refuses, what would change something
 */
export async function registryRoutes(
  http: FastifyInstance,
  { registry, mayWrite }: { registry: EmbeddedRegistry; mayWrite: preParsingHookHandler },
): Promise<void> {
  http.removeAllContentTypeParsers()
  const parse = http.getDefaultJsonParser('error', 'error')
  http.addContentTypeParser(
    [...mediaTypes, 'application/octet-stream'],
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined)
      else void parse(request, body as string, done)
    },
  )
  http.addHook('onRequest', (request, reply, done) => {
    const accepted = request.headers.accept ?? ''
    void reply.type(mediaTypes.find((type) => accepted.includes(type)) ?? mediaTypes[0])
    done()
  })
  http.setErrorHandler(answerFault)
  http.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error_code: 404, message: 'HTTP 404 Not Found' }),
  )

  http.get('/', () => ({}))
  http.get('/contexts', () => ['.'])
  http.get('/v1/metadata/id', () => ({
    scope: { path: [], clusters: { 'schema-registry-cluster': 'waybill' } },
  }))
  http.get('/v1/metadata/version', () => ({ version, commitId: '' }))
  const { reads, writes } = routesTo(http, registry, mayWrite)
  subjectRoutes(reads, writes)
  schemaRoutes(reads)
  settingRoutes(reads, writes)
  compatibilityRoutes(reads)
}

function answerFault(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = (code: number, message: string): FastifyReply =>
    reply.code(Number(String(code).slice(0, 3))).send({ error_code: code, message })
  if (error instanceof RegistryFault) return answer(error.code, error.message)
  if (hasCode(error, 'STORE_UNAVAILABLE')) return answer(50001, 'Error in the backend data store')
  const { code, statusCode = 500, message } = error as FastifyError
  if (code?.startsWith('FST_') && statusCode < 500) return answer(statusCode, message)
  // Whoever refuses to let write, and what nobody thought of, is answered as on the rest of the server.
  throw error
}

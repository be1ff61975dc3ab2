import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { setCommonHeaders } from './common-headers.ts'
import { answerFailure } from './failures.ts'
import { correlationIdOf } from './trace.ts'

const bodyLimit = 1024 * 1024

/** A server without routes, which answers every failure with a problem. */
export function createServer(logger: FastifyBaseLogger): FastifyInstance {
  const http = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged names the correlation id; a logger for each request would cost more than most requests.
    childLoggerFactory: (parent) => parent,
    genReqId: ({ headers }) => correlationIdOf(headers),
    bodyLimit,
    // A slow sender holds a connection no longer than this.
    requestTimeout: 30_000,
    // The engines say STOPPING, as a problem with Retry-After.
    return503OnClosing: false,
    // An address that cannot be read gets past every hook.
    frameworkErrors: (error, request, reply) => {
      setCommonHeaders(request, reply)
      answerFailure(error, request, reply)
    },
  })
  http.setErrorHandler((error, request, reply) => answerFailure(error, request, reply))
  http.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply)
    done()
  })
  http.removeAllContentTypeParsers()
  const parse = http.getDefaultJsonParser('error', 'error')
  http.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients that always send the header, also with nothing to say.
    if (body === '') done(null, undefined)
    else parse(request, body as string, done)
  })
  return http
}

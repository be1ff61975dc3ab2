import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { setCommonHeaders } from './common-headers.ts'
import { answerFailure } from './failures.ts'
import { halfCharacters } from './half-characters.ts'
import { isNestedDeeper } from './nesting.ts'
import { HttpProblem } from './problem.ts'
import { correlationIdOf } from './trace.ts'

const bodyLimit = 1024 * 1024
/** How deep lists and objects may stand in each other in a body, also in what nobody asked for: more than any event takes. */
const bodyDepthMax = 256
/** A slow sender holds a connection no longer than this, and so much more. */
const requestMs = 30_000
const lookEveryMs = 1_000
/** How long requests in hand may still take once a server closes. */
const closeWithinMs = 5_000

/**
 * A server without routes, which answers every failure with a problem.
 * @param trustedProxies only these may say, by X-Forwarded-For, from which address a request comes
 */
export function createServer(
  logger: FastifyBaseLogger,
  trustedProxies: readonly string[] = [],
): FastifyInstance {
  const http = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged names the correlation id; a logger for each request would cost more than most requests.
    childLoggerFactory: (parent) => parent,
    genReqId: ({ headers }) => correlationIdOf(headers),
    bodyLimit,
    // The name of a subject in the schema registry is as long as a topic's, or longer.
    routerOptions: { maxParamLength: 500 },
    requestTimeout: requestMs,
    // Node itself looks for slow senders every half a minute, and gives them a minute for the headers.
    http: { connectionsCheckingInterval: lookEveryMs, headersTimeout: requestMs },
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
    else if (isNestedDeeper(body as string, bodyDepthMax)) done(new HttpProblem('REQUEST_UNREADABLE'))
    else {
      void parse(request, body as string, (error, value) => {
        const halves = error === null ? halfCharacters(body as string, bodyDepthMax) : []
        done(halves.length > 0 ? new HttpProblem('INPUT_INVALID', halves) : error, value)
      })
    }
  })
  return http
}

/** Takes no more requests, finishes those in hand, cuts off what is not done in time. */
export async function closeServer(http: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => http.server.closeAllConnections(), closeWithinMs)
  // A client keeps the connection of a request that was in hand: it is idle, and nobody else closes it.
  const hangUp = setInterval(() => http.server.closeIdleConnections(), 50)
  await http.close()
  clearInterval(hangUp)
  clearTimeout(cutOff)
}

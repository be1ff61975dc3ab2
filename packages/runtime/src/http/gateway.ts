import websocket from '@fastify/websocket'
import {
  type CommandDef,
  messageOf,
  type QueryDef,
  type ServiceClient,
  type SystemDef,
  WaybillError,
} from '@waybill/core'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { Application } from '../application.ts'
import { accounts } from '../auth/accounts.ts'
import { identifyCallers } from '../auth/identity.ts'
import { authEndpoints, authPath } from '../auth/routes.ts'
import { isLoopback } from '../config/demo-mode.ts'
import { createTokens, type Tokens } from '../auth/tokens.ts'
import { commandEndpoint } from './commands.ts'
import { addDocs } from './docs.ts'
import { addEndpoint, type Endpoint } from './endpoint.ts'
import { addFrontPage } from './front-page.ts'
import { refuseForeignHosts } from './foreign-hosts.ts'
import { addHealth, type Health } from './health.ts'
import { openApi } from './openapi.ts'
import { HttpProblem } from './problem.ts'
import { queryEndpoint } from './queries.ts'
import { limitRates } from './rate-limit.ts'
import { closeServer, createServer } from './server.ts'

const socketLimit = 64 * 1024

export interface GatewayOptions {
  readonly system: SystemDef
  /** By service. Services that run elsewhere have no routes here. */
  readonly engines: ReadonlyMap<string, ServiceClient>
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Requests a minute and caller; 0: no limit. */
  readonly rateLimit: number
  /** Requests a minute and IP address to each of registration, login and refresh; 0: no limit. */
  readonly loginRateLimit: number
  /** Where all gateways of this system count requests, `redis://…`; `undefined`: each for itself. */
  readonly redis?: string | undefined
  readonly jwtSecret: string
  /** Whether the accounts that everybody knows may log in; on the loopback address then only who asks for that. */
  readonly demo: boolean
  /** See `createServer`. */
  readonly trustedProxies?: readonly string[]
  readonly logger: FastifyBaseLogger
  readonly health: Health
  readonly routes?: Application['routes']
}

/** The public HTTP interface of a running system. */
export interface Gateway {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly address: string
  readonly http: FastifyInstance
  /** Takes no more requests, finishes those in hand, cuts off what is not done in time. */
  close(): Promise<void>
}

/** Starts the public HTTP interface of a system: a route for each command and query that names one. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { system, engines, loginRateLimit } = options
  const http = createServer(options.logger, options.trustedProxies)
  if (options.demo && isLoopback(options.host)) refuseForeignHosts(http)
  const tokens = await createTokens(http, system.name, options.jwtSecret)
  identifyCallers(http, tokens)
  await limitRates(http, { perMinute: options.rateLimit, redis: options.redis, system: system.name })
  await http.register(websocket, {
    options: { maxPayload: socketLimit },
    // Mostly a frame that breaks the rules of WebSockets: of no more interest than any other bad request.
    errorHandler: (error, socket, { id }) => {
      options.logger.warn({ cause: messageOf(error), correlationId: id }, 'a WebSocket failed')
      socket.terminate()
    },
  })

  const endpoints = endpointsOf(options, tokens)
  const about = { title: system.name, description: `The public HTTP interface of ${system.name}.` }
  await addDocs(http, openApi(about, endpoints))
  addFrontPage(http, {
    ...about,
    places: [
      { path: '/docs', what: 'Every address, to read and to try.' },
      { path: '/openapi.json', what: 'The same for programs: OpenAPI 3.1.' },
      { path: '/healthz', what: 'Whether the process is alive.' },
      { path: '/readyz', what: 'Whether it can serve: the store and the log are reached.' },
    ],
  })
  addHealth(http, options.health)
  for (const endpoint of endpoints) {
    const ownLimit = loginRateLimit > 0 && endpoint.route.path.startsWith(authPath)
    addEndpoint(http, endpoint, ownLimit ? loginRateLimit : undefined)
  }
  await options.routes?.({ http, engine: (service) => engineOf(engines, service), caller: authenticated })

  const address = await http.listen({
    host: options.host,
    port: options.port,
    listenTextResolver: (at) => `the gateway of ${system.name} listens at ${at}`,
  })
  return { address, http, close: () => closeServer(http) }
}

function endpointsOf(
  { system, engines, jwtSecret, loginRateLimit, demo }: GatewayOptions,
  tokens: Tokens,
): readonly Endpoint[] {
  const queries = system.services.flatMap((service) => service.queries)
  const derived = system.services.flatMap((service) => {
    const engine = engines.get(service.name)
    if (engine === undefined) return []
    return [
      ...service.commands.filter(hasRoute).map((part) => commandEndpoint(engine, part, queries, jwtSecret)),
      ...service.queries.filter(hasRoute).map((part) => queryEndpoint(engine, part)),
    ]
  })
  const user = system.services.includes(accounts) ? engines.get(accounts.name) : undefined
  return user === undefined
    ? derived
    : [
        ...derived,
        ...authEndpoints(user, tokens, { secret: jwtSecret, isLimited: loginRateLimit > 0, isDemo: demo }),
      ]
}

function hasRoute<P extends CommandDef | QueryDef>(
  part: P,
): part is P & { readonly http: NonNullable<P['http']> } {
  return part.http !== undefined
}

function engineOf(engines: ReadonlyMap<string, ServiceClient>, service: string): ServiceClient {
  const engine = engines.get(service)
  if (engine !== undefined) return engine
  throw new WaybillError('SYSTEM_INVALID', `The service ${service} does not run in this process.`)
}

function authenticated(request: unknown): NonNullable<FastifyRequest['caller']> {
  const { caller } = request as FastifyRequest
  if (caller === undefined) throw new HttpProblem('UNAUTHENTICATED')
  return caller
}

import type { FastifyBaseLogger, preParsingHookHandler } from 'fastify'
import type { Registry } from 'prom-client'
import { identifyCallers, requireRole } from '../auth/identity.ts'
import { isLoopback } from '../config/demo-mode.ts'
import type { RunningApplication } from '../host/application.ts'
import type { Backends } from '../host/backends.ts'
import { gatewayName } from '../host/placement.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { addFrontPage, type Place } from '../http/front-page.ts'
import { addHealth, type Health } from '../http/health.ts'
import { openApi } from '../http/openapi.ts'
import { limitRates } from '../http/rate-limit.ts'
import { closeServer, createServer } from '../http/server.ts'
import { expose } from '../telemetry/exposition.ts'
import { accessOf } from './access.ts'
import { refuseForeignHosts } from '../http/foreign-hosts.ts'
import { adminRoutes } from './routes.ts'

/** What the process shows of itself, on a port that is not public. */
export interface AdminServer {
  readonly address: string
  close(): Promise<void>
}

/**
 * Starts it: `/metrics`, `/healthz`, `/readyz` for machines, and the admin API for those who have the role `admin` in
 * any of the systems.
 */
export async function startAdminServer(options: {
  systems: readonly RunningApplication[]
  registry: Registry
  host: string
  port: number
  jwtSecret: string
  logger: FastifyBaseLogger
  health: Health
  /** Requests a minute and caller; 0: no limit. */
  rateLimit: number
  demo: boolean
  more: Backends['adminRoutes']
}): Promise<AdminServer> {
  const { systems, registry, host, port, jwtSecret, logger, health, rateLimit, demo, more } = options
  const http = createServer(logger)
  // Only there does a registry take what nobody has logged in for.
  const onlyThisMachine = demo && isLoopback(host)
  if (onlyThisMachine) refuseForeignHosts(http)
  const names = systems.map(({ system }) => system.name)
  identifyCallers(http, await accessOf(http, names, jwtSecret))
  await limitRates(http, { perMinute: rateLimit, redis: undefined, system: 'console' })
  addHealth(http, health)
  http.get('/metrics', { config: { rateLimit: false } }, async (request, reply) => {
    const { contentType, body } = await expose(registry, request.headers.accept)
    return reply.type(contentType).send(body)
  })
  const endpoints = adminRoutes(http, systems)
  const mayWrite: preParsingHookHandler = onlyThisMachine
    ? (_request, _reply, _payload, done) => done()
    : requireRole('admin')
  const added = await more?.(http, mayWrite)

  const about = {
    title: 'Waybill admin',
    description: `What this process shows of itself. It runs ${names.join(', ')}. The admin API takes the access token of an administrator.`,
  }
  const document = openApi(about, endpoints)
  http.get('/openapi.json', () => document)
  addFrontPage(http, { ...about, places: [...placesOf(endpoints), ...(added ?? []), ...gatewaysOf(systems)] })

  const address = await http.listen({
    host,
    port,
    listenTextResolver: (at) => `health, metrics and the admin API are at ${at}`,
  })
  return { address, close: () => closeServer(http) }
}

function placesOf(endpoints: readonly Endpoint[]): readonly Place[] {
  return [
    { path: '/healthz', what: 'Whether the process is alive.' },
    { path: '/readyz', what: 'Whether it can serve, and which partitions stand still.' },
    { path: '/metrics', what: 'Metrics for Prometheus.' },
    { path: '/openapi.json', what: 'The admin API for programs: OpenAPI 3.1.' },
    ...endpoints.map(({ route, summary = '' }) => ({ path: route.path, what: summary })),
  ]
}

function gatewaysOf(systems: readonly RunningApplication[]): readonly Place[] {
  return systems.flatMap(({ system, instances }) =>
    instances
      .filter(({ service }) => service === gatewayName)
      .map(({ address = '' }) => ({ path: address, what: `The public interface of ${system.name}.` })),
  )
}

import type { FastifyBaseLogger } from 'fastify'
import type { Registry } from 'prom-client'
import { identifyCallers, requireRole } from '../auth/identity.ts'
import type { RunningApplication } from '../host/application.ts'
import type { Backends } from '../host/backends.ts'
import { addHealth, type Health } from '../http/health.ts'
import { HttpProblem } from '../http/problem.ts'
import { closeServer, createServer } from '../http/server.ts'
import { expose } from '../telemetry/exposition.ts'
import { accessOf } from './access.ts'
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
  demo: boolean
  more: Backends['adminRoutes']
}): Promise<AdminServer> {
  const { systems, registry, host, port, jwtSecret, logger, health, demo, more } = options
  const http = createServer(logger)
  http.setNotFoundHandler(() => {
    throw new HttpProblem('NOT_FOUND')
  })
  addHealth(http, health)
  http.get('/metrics', async (request, reply) => {
    const { contentType, body } = await expose(registry, request.headers.accept)
    return reply.type(contentType).send(body)
  })
  const names = systems.map(({ system }) => system.name)
  identifyCallers(http, await accessOf(http, names, jwtSecret))
  adminRoutes(http, systems)
  await more?.(http, demo ? (_request, _reply, _payload, done) => done() : requireRole('admin'))

  const address = await http.listen({ host, port })
  return { address, close: () => closeServer(http) }
}

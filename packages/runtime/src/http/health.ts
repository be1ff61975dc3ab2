import type { FastifyInstance } from 'fastify'
import { HttpProblem } from './problem.ts'

const unlimited = { schema: { hide: true }, config: { rateLimit: false as const } }

/** `/healthz`: the process is alive. `/readyz`: it can serve. */
export function addHealth(http: FastifyInstance, readiness: () => Promise<boolean>): void {
  http.get('/healthz', unlimited, () => ({ status: 'alive' }))
  http.get('/readyz', unlimited, async () => {
    if (await readiness().catch(() => false)) return { status: 'ready' }
    throw new HttpProblem('NOT_READY')
  })
}

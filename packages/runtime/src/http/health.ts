import type { FastifyInstance } from 'fastify'
import type { Halt } from '../telemetry/halts.ts'
import { HttpProblem } from './problem.ts'

/** How a process is. */
export interface Health {
  /** Whether the store and the log are reached. */
  ready(): Promise<boolean>
  /** What it does not handle any more until somebody has dealt with it. */
  halted(): readonly Halt[]
}

/** It is answered from memory (see the host): to refuse would cost as much. */
const unlimited = { schema: { hide: true }, config: { rateLimit: false as const } }

/**
 * `/healthz`: the process is alive. `/readyz`: it can serve. One with a halted partition is ready, and names it: commands
 * and queries are answered, and taking it out of service would not make the partition go on.
 */
export function addHealth(http: FastifyInstance, { ready, halted }: Health): void {
  http.get('/healthz', unlimited, () => ({ status: 'alive' }))
  http.get('/readyz', unlimited, async () => {
    if (await ready().catch(() => false)) {
      const halts = halted()
      return { status: 'ready', ...(halts.length > 0 ? { halted: halts } : {}) }
    }
    throw new HttpProblem('NOT_READY')
  })
}

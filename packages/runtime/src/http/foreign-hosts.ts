import type { FastifyInstance } from 'fastify'
import { isLoopback } from '../config/demo-mode.ts'
import { HttpProblem } from './problem.ts'

/**
 * Refuses requests that were not meant for this machine. A page of a foreign site can let its own name stand for it (DNS
 * rebinding), and a browser then sends here what a port without a login would take; but it names that site as the host.
 */
export function refuseForeignHosts(http: FastifyInstance): void {
  http.addHook('onRequest', (request, _reply, done) => {
    const host = URL.parse(`http://${request.headers.host}`)?.hostname ?? ''
    done(isLoopback(host.replace(/^\[|\]$/g, '')) ? undefined : new HttpProblem('HOST_FOREIGN'))
  })
}

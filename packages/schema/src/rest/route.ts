import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify'
import type { Contents } from '../registry/contents.ts'
import type { Change } from '../registry/change.ts'
import type { EmbeddedRegistry } from '../registry/embedded.ts'

type Route = `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`

/** Adds a route that shows something of a registry's contents. */
export type Reads = (route: Route, answer: (request: FastifyRequest, contents: Contents) => unknown) => void

/** Adds a route that decides what becomes of a registry's contents. */
export type Writes = (
  route: Route,
  decide: (request: FastifyRequest, contents: Contents) => Change<unknown>,
) => void

/** @param mayWrite lets a writing request pass, or refuses it */
export function routesTo(
  http: FastifyInstance,
  registry: EmbeddedRegistry,
  mayWrite: preParsingHookHandler,
): { readonly reads: Reads; readonly writes: Writes } {
  const parts = (route: Route): { method: string; url: string } => {
    const [method, url] = route.split(' ') as [string, string]
    return { method, url }
  }
  return {
    reads: (route, answer) =>
      void http.route({
        ...parts(route),
        handler: async (request) => answer(request, await registry.contents()),
      }),
    writes: (route, decide) =>
      void http.route({
        ...parts(route),
        preParsing: mayWrite,
        handler: (request) => registry.change((contents) => decide(request, contents)),
      }),
  }
}

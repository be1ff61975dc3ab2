/** A route of a contract, e.g. `GET /api/orders/{orderId}`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its parameters in braces. */
  readonly path: string
  readonly params: readonly string[]
}

export function parseRoute(http: `${Route['method']} /${string}`): Route {
  const [method, path] = http.split(' ') as [Route['method'], string]
  return { method, path, params: Array.from(path.matchAll(/\{([^}]+)\}/g), ([, name]) => name!) }
}

/** The path as Fastify writes it: `/api/orders/:orderId`. */
export function fastifyPath({ path }: Route): string {
  return path.replaceAll(':', '::').replaceAll(/\{([^}]+)\}/g, ':$1')
}

/** Where a field of the input comes from. */
export function placeOf({ method, params }: Route, field: string): 'params' | 'query' | 'body' {
  if (params.includes(field)) return 'params'
  return method === 'GET' || method === 'DELETE' ? 'query' : 'body'
}

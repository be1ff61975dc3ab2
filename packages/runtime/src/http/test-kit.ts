import { createHmac } from 'node:crypto'
import type { Engine, ServiceDef } from '@waybill/core'
import { pino } from 'pino'
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'

const secret = 'a secret that only these tests know'

/** An engine that answers as a test says; what it does not say fails. */
export function fakeEngine(service: ServiceDef, parts: Partial<Engine>): Engine {
  const unexpected = (): never => {
    throw new Error('the test did not expect this call')
  }
  return {
    service,
    read: {} as Engine['read'],
    start: async () => {},
    stop: async () => {},
    submit: unexpected,
    ask: unexpected,
    tail: () => () => {},
    ...parts,
  }
}

/** A gateway on a free port, without rate limits, that logs nothing. */
export function testGateway(
  options: Pick<GatewayOptions, 'system'> & Partial<GatewayOptions>,
): Promise<Gateway> {
  return createGateway({
    engines: new Map(),
    host: '127.0.0.1',
    port: 0,
    rateLimit: 0,
    loginRateLimit: 0,
    jwtSecret: secret,
    demo: false,
    logger: pino({ level: 'silent' }),
    health: { ready: async () => true, halted: () => [] },
    ...options,
  })
}

/** A JWT, good for the system `test` unless something else is said. */
export function token(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
  key = secret,
): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const body = { sub: 'u1', roles: ['user'], iss: 'waybill', aud: 'test', iat: now, exp: now + 60, ...claims }
  const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode(body)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

/**
 * Sends a request and reads the answer, as JSON if it is.
 * @param request e.g. `POST /api/orders`
 * @param how.json sent as JSON; `how.body` as it is
 */
export async function call(
  gateway: Pick<Gateway, 'address'>,
  request: string,
  how: { json?: unknown; body?: string; headers?: Record<string, string>; token?: string } = {},
): Promise<Answer> {
  const [method, path] = request.split(' ') as [string, string]
  const response = await fetch(gateway.address + path, {
    method,
    headers: {
      ...(how.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(how.token === undefined ? {} : { authorization: `Bearer ${how.token}` }),
      ...how.headers,
    },
    body: how.body ?? (how.json === undefined ? null : JSON.stringify(how.json)),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** Every example in a part of an OpenAPI document, with its schema. */
export function examplesIn(part: unknown): { readonly schema: any; readonly example: unknown }[] {
  if (typeof part !== 'object' || part === null) return []
  const { schema, example } = part as { schema?: unknown; example?: unknown }
  const own = schema !== undefined && example !== undefined ? [{ schema, example }] : []
  return [...own, ...Object.values(part).flatMap(examplesIn)]
}

import type { Caller, CommandDef, ServiceClient, SystemDef } from '@waybill/core'
import type { FastifyInstance } from 'fastify'
import type { Directory } from './outside/directory.ts'
import type { PaymentProvider } from './outside/payment-provider.ts'

/** The outside world as a system sees it: one port each, simulated by default. */
export interface Outside {
  readonly payments: PaymentProvider
  readonly directory: Directory
}

/** What a system's own routes may use, beside those derived from its contracts (WebSockets, mostly). */
export interface GatewayContext {
  readonly http: FastifyInstance
  engine(service: string): ServiceClient
  /** The authenticated caller of a request; throws 401 without one. */
  caller(request: unknown): Caller
}

/** What demo data is made with. */
export interface DemoContext {
  submit<I>(command: CommandDef<I, unknown>, input: I): Promise<void>
  engine(service: string): ServiceClient
}

/** What a system's module exports by default: all that a host needs to run it. */
export interface Application {
  readonly name: string
  readonly defaultPort: number
  /** The `curl` that the demo start prints; `{address}` and `{token}` are filled in. */
  readonly example: string
  create(outside: Outside): SystemDef
  /** The service that speaks with the payment provider: the simulated one runs in its process. */
  readonly paysBy?: string
  /** Adds routes that no command or query gives. */
  routes?(gateway: GatewayContext): Promise<void>
  /** Makes the demo data; called at every demo start, so it must see what is there already. */
  demo?(context: DemoContext): Promise<void>
}

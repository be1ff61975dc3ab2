import {
  type Clock,
  type ServiceClient,
  messageOf,
  type QueryDef,
  type Refusal,
  systemCaller,
  type SystemDef,
  WaybillError,
} from '@waybill/core'
import { circuitBreaker } from './circuit-breaker.ts'

const answerMsMax = 2_000
const failuresMax = 5
const openMs = 5_000

/** Asks a query of whichever service of the system has it. */
export type Ask = <I, O>(query: QueryDef<I, O>, input: I) => Promise<O | Refusal>

/**
 * The query port between services of one process: each service has its own time limit and circuit breaker, so that one
 * that hangs does not hold up those that ask it.
 * @throws ASK_FAILED
 */
export function createAsk(
  system: SystemDef,
  engineOf: (service: string) => ServiceClient,
  clock: Clock,
): Ask {
  const owners = new Map(
    system.services.flatMap((service) => service.queries.map((query) => [query, service.name])),
  )
  const guards = new Map(
    system.services.map((service) => [service.name, circuitBreaker({ failuresMax, openMs, clock })]),
  )

  return async (query, input) => {
    const owner = owners.get(query)
    if (owner === undefined) {
      throw new WaybillError('SYSTEM_INVALID', `Query ${query.name} belongs to no service of ${system.name}.`)
    }
    try {
      return await guards.get(owner)!.run(() => inTime(engineOf(owner).ask(query, input, systemCaller)))
    } catch (cause) {
      throw new WaybillError(
        'ASK_FAILED',
        `Service ${owner} did not answer ${query.name}: ${messageOf(cause)}`,
        { cause },
      )
    }
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer after ${answerMsMax} ms`)), answerMsMax)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

import { type SystemDef, WaybillError } from '@waybill/core'

/** The public HTTP interface counts as a service: it can run in a process of its own. */
export const gatewayName = 'gateway'

/** Which services of a system this process runs; the others run elsewhere and are reached over HTTP. */
export interface Placement {
  /** Whether nothing runs elsewhere. */
  readonly whole: boolean
  here(service: string): boolean
}

/** @param names `undefined`: all of them */
export function placementOf(names: readonly string[] | undefined): Placement {
  return { whole: names === undefined, here: (service) => names === undefined || names.includes(service) }
}

/** @throws CONFIGURATION_INVALID naming those that the system does not have, and those that it has */
export function checkPlacement(names: readonly string[] | undefined, { name, services }: SystemDef): void {
  const known = [gatewayName, ...services.map((service) => service.name)]
  const unknown = (names ?? []).filter((service) => !known.includes(service))
  if (unknown.length === 0) return
  throw new WaybillError(
    'CONFIGURATION_INVALID',
    `The system ${name} has no service ${unknown.join(', ')}; it has: ${[...new Set(known)].join(', ')}.`,
  )
}

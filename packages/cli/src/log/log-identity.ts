import { clusterIdOf } from '@waybill/kafka'
import type { LogAddress } from '@waybill/runtime'
import { connectionTo } from '../kafka-connection.ts'
import { asLogError } from './log-error.ts'

/** Which log it is that positions belong to. */
export interface LogIdentity {
  readonly kind: LogAddress['kind']
  /** Of Kafka; `undefined`: not known yet. */
  readonly cluster?: string | undefined
}

/** Whether positions of the one are positions of the other, as far as is known. */
export function isSameLog(one: LogIdentity, other: LogIdentity): boolean {
  const known = one.cluster !== undefined && other.cluster !== undefined
  return one.kind === other.kind && (!known || one.cluster === other.cluster)
}

export function describeLog({ kind, cluster }: LogIdentity): string {
  if (kind === 'store') return 'the store as log'
  return cluster === undefined ? 'Kafka' : `Kafka (the cluster ${cluster})`
}

/**
 * Asks Kafka which cluster it is.
 * @throws LOG_UNAVAILABLE
 * @throws CONFIGURATION_INVALID when Kafka refuses who asks, or is not to be trusted
 */
export async function identityOf(log: LogAddress): Promise<LogIdentity> {
  if (log.kind === 'store') return { kind: 'store' }
  const cluster = await clusterIdOf(connectionTo(log)).catch((error: unknown) => {
    throw asLogError(error, log)
  })
  return { kind: 'kafka', cluster }
}

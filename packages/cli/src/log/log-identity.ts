import { clusterIdOf } from '@waybill/kafka'
import type { Config } from '@waybill/runtime'

/** Which log it is that positions belong to. */
export interface LogIdentity {
  readonly kind: Config['log']['kind']
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

/** Asks Kafka which cluster it is. */
export async function identityOf(log: Config['log']): Promise<LogIdentity> {
  if (log.kind === 'store') return { kind: 'store' }
  return { kind: 'kafka', cluster: await clusterIdOf(connectionTo(log)) }
}

export function connectionTo({ brokers }: Extract<Config['log'], { kind: 'kafka' }>) {
  return { brokers, clientId: `waybill-${process.pid}` }
}

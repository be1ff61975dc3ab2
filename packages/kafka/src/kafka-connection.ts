import { isIP } from 'node:net'
import type { BaseOptions } from '@platformatic/kafka'

/** Where the brokers are, and who asks. */
export interface KafkaConnection {
  /** Some brokers of the cluster, `host:port`; they tell the others. */
  readonly brokers: readonly string[]
  /** Who asks, in the broker's logs, metrics and quotas. */
  readonly clientId: string
  /** TLS as `node:tls` takes it, and SASL. Default: neither, which is for brokers on the same machine. */
  readonly security?: Pick<BaseOptions, 'tls' | 'sasl'>
}

/** The same as the client takes it. */
export function clientOptions({ brokers, clientId, security }: KafkaConnection): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: 5_000,
    // Routers in front of brokers go by it. It is for names only.
    tlsServerName: brokers.every((broker) => isIP(broker.replace(/:\d+$/, '')) === 0),
    ...security,
  }
}

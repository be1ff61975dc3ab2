import type { KafkaConnection } from '@waybill/kafka'
import type { LogAddress } from '@waybill/runtime'

/** Kafka, where it is the log. */
export type KafkaAddress = Extract<LogAddress, { kind: 'kafka' }>

/** How this process comes to Kafka. */
export function connectionTo({ brokers, security: { tls, sasl } }: KafkaAddress): KafkaConnection {
  return {
    brokers,
    clientId: `waybill-${process.pid}`,
    security: {
      ...(tls && { tls }),
      // By a function the password is in nothing that could be printed.
      ...(sasl && { sasl: { ...sasl, password: () => sasl.password } }),
    },
  }
}

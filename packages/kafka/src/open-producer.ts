import { CompressionAlgorithms, Producer } from '@platformatic/kafka'
import { backoffMs } from './backoff.ts'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'
import type { Trouble } from './trouble.ts'

/** Opens a producer whose repeated requests the broker knows as such, and which outlasts brokers that are away. */
export function openProducer(connection: KafkaConnection, trouble: Trouble): Producer {
  const producer = new Producer({
    ...clientOptions(connection),
    idempotent: true,
    // Costs less than the bytes that it saves: heads are much alike.
    compression: CompressionAlgorithms.LZ4,
    // Two minutes; then the relay begins anew. Without an end it would keep every error in memory.
    retries: 60,
    retryDelay: (_client, _operation, attempt, _retries, cause) => {
      const delayMs = backoffMs(attempt)
      trouble(cause, delayMs)
      return delayMs
    },
    requestTimeout: 10_000,
  })
  producer.on('error', () => {})
  return producer
}

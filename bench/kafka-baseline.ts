import { randomUUID } from 'node:crypto'
import { type StoredEvent, topic } from '@waybill/core'
import { createKafkaLog, type OutgoingRecord, recordWriter } from '@waybill/kafka'
import { openBareKafka } from '@waybill/kafka/testing'
import { createAvroCodec } from '@waybill/schema'
import { shop } from '@waybill/shop'

const batch = 500
const seconds = 2
/** A broker that has just started needs it more than the client. */
const warmUpSeconds = 3

/** What Kafka and its client can do with the shop's records, in records a second. */
export interface KafkaBaseline {
  /** One awaited request of 500 at a time. */
  readonly produce: number
  readonly fetch: number
  /** R_k: every record is produced and fetched once, by one process. */
  readonly together: number
}

/**
 * Bare records as the shop's services write and read them, with the same client and the same settings. The limit that
 * no process which sends every event through Kafka can pass.
 */
export async function measureKafka(broker: string): Promise<KafkaBaseline> {
  const connection = { brokers: [broker], clientId: 'bare' }
  const bare = topic('bare')
  const log = createKafkaLog({ ...connection, system: 'bare' })
  await log.ensureTopics([bare])
  await log.close()
  const kafka = await openBareKafka(connection, bare)
  const records = someRecords(bare.name)
  const produce = async (): Promise<number> => {
    await kafka.produce(records)
    return batch
  }
  try {
    await rateOf(produce, warmUpSeconds)
    const produced = await rateOf(produce, seconds)
    await rateOf(kafka.fetch, seconds / 4)
    const fetched = await rateOf(kafka.fetch, seconds)
    return { produce: produced, fetch: fetched, together: 1 / (1 / produced + 1 / fetched) }
  } finally {
    await kafka.close()
  }
}

async function rateOf(work: () => Promise<number>, forSeconds: number): Promise<number> {
  const begin = performance.now()
  const until = begin + forSeconds * 1_000
  let done = 0
  while (performance.now() < until) done += await work()
  return done / ((performance.now() - begin) / 1_000)
}

/** A batch of the shop's events as its records. */
function someRecords(topicName: string): readonly OutgoingRecord[] {
  const system = shop({ payments: {} as never, directory: {} as never })
  const event = system.events.get('StockReservedEvent')!
  const codec = createAvroCodec(system, { idOf: () => 1, schemaOf: () => undefined })
  const write = recordWriter({ source: '/waybill/shop/product', contentType: 'application/avro' })
  return Array.from({ length: batch }, (_, n) => {
    const orderId = randomUUID()
    const price = { amount: 1_500, currency: 'KRW' }
    const stored: StoredEvent = {
      position: n + 1,
      id: randomUUID(),
      type: event.type,
      topic: topicName,
      key: orderId,
      subject: `reservation/${orderId}`,
      correlationId: randomUUID(),
      causationId: randomUUID(),
      traceparent: undefined,
      at: Date.now(),
      payload: codec.encode(event, {
        orderId,
        userId: `customer-${n}`,
        items: [n, n + 1].map((productId) => ({ productId, quantity: 1, price })),
        total: { amount: 3_000, currency: 'KRW' },
        paymentToken: 'tok_ok',
      }),
    }
    return write(stored)
  })
}

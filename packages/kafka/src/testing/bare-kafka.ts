import { Consumer } from '@platformatic/kafka'
import type { TopicDef } from '@waybill/core'
import { bytesMax, partitionPart } from '../fetcher.ts'
import { fetching } from '../kafka-brokers.ts'
import { clientOptions, type KafkaConnection } from '../kafka-connection.ts'
import { openProducer } from '../open-producer.ts'
import type { OutgoingRecord } from '../write-record.ts'

/** Records to and from one topic and nothing else: the baseline of benchmarks. */
export interface BareKafka {
  /** Resolves when the in-sync replicas have all of them. */
  produce(messages: readonly OutgoingRecord[]): Promise<void>
  /** Reads on; after the end it begins anew. Resolves with how many records came. */
  fetch(): Promise<number>
  close(): Promise<void>
}

/** Opens it for an existing topic, with the producer and the limits of fetches that the log has, too. */
export async function openBareKafka(connection: KafkaConnection, topic: TopicDef): Promise<BareKafka> {
  const producer = openProducer(connection, () => {})
  const consumer = new Consumer({ ...clientOptions(connection), groupId: 'bare' })
  consumer.topics.track(topic.name)
  const { id, partitions } = (await consumer.metadata({ topics: [topic.name] })).topics.get(topic.name)!
  const fromTheBeginning = (): bigint[] => partitions.map(() => 0n)
  let next = fromTheBeginning()

  async function fetch(): Promise<number> {
    const { responses } = await consumer.fetch({
      ...fetching,
      maxBytes: bytesMax,
      node: partitions[0]!.leader,
      topics: [
        {
          topicId: id,
          partitions: next.map((fetchOffset, partition) => ({
            partition,
            fetchOffset,
            partitionMaxBytes: bytesMax / partitionPart,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
          })),
        },
      ],
    })
    let count = 0
    let atEnd = true
    for (const { partitionIndex, highWatermark, records } of responses.flatMap(
      (answer) => answer.partitions,
    )) {
      for (const batch of records ?? []) {
        count += batch.records.length
        next[partitionIndex] = batch.firstOffset + BigInt(batch.lastOffsetDelta + 1)
      }
      atEnd &&= next[partitionIndex]! >= highWatermark
    }
    if (atEnd) next = fromTheBeginning()
    return count
  }

  return {
    produce: async (messages) => {
      await producer.send({ messages: [...messages] })
    },
    fetch,
    close: async () => {
      await Promise.all([producer.close(true), consumer.close(true)])
    },
  }
}

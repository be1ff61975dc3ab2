import { Admin, Consumer } from '@platformatic/kafka'
import type { PublishedEvent } from './key-order.ts'

/** Reads topics as any foreign client would: without Waybill, without a group. */
export interface Topics {
  names(): Promise<readonly string[]>
  /** All that a topic has at the moment, partition by partition. */
  read(topic: string): Promise<readonly PublishedEvent[]>
  close(): Promise<void>
}

const clientId = 'checker'
const partitionMaxBytes = 4 * 1024 * 1024

export function openTopics(broker: string): Topics {
  const bootstrapBrokers = [broker]
  const admin = new Admin({ clientId, bootstrapBrokers })
  const consumer = new Consumer({ clientId, bootstrapBrokers, groupId: clientId })

  return {
    names: async () => (await admin.listTopics()).toSorted(),
    read: async (topic) => {
      const metadata = await consumer.metadata({ topics: [topic], forceUpdate: true })
      const { id, partitions } = metadata.topics.get(topic)!
      const found: PublishedEvent[] = []
      for (const [partition, { leader }] of partitions.entries()) {
        for (let next = 0n, end = 1n; next < end;) {
          const { responses } = await consumer.fetch({
            node: leader,
            maxWaitTime: 100,
            minBytes: 0,
            maxBytes: partitionMaxBytes,
            topics: [
              {
                topicId: id,
                partitions: [
                  {
                    partition,
                    fetchOffset: next,
                    partitionMaxBytes,
                    currentLeaderEpoch: -1,
                    lastFetchedEpoch: -1,
                  },
                ],
              },
            ],
          })
          const [answer] = responses[0]!.partitions
          end = answer!.highWatermark
          for (const { firstOffset, lastOffsetDelta, records } of answer!.records ?? []) {
            for (const { offsetDelta, key, headers } of records) {
              // A broker answers with whole batches, which may begin before the offset that was asked for.
              if (firstOffset + BigInt(offsetDelta) < next) continue
              const ceId = headers.find(([name]) => name?.toString() === 'ce_id')?.[1]
              found.push({ id: String(ceId), key: String(key), partition })
            }
            next = firstOffset + BigInt(lastOffsetDelta) + 1n
          }
        }
      }
      return found
    },
    close: async () => {
      await Promise.all([admin.close(), consumer.close(true)])
    },
  }
}

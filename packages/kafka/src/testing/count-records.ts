import { Admin, ListOffsetTimestamps } from '@platformatic/kafka'
import type { TopicDef } from '@waybill/core'
import { clientOptions, type KafkaConnection } from '../kafka-connection.ts'

/** How many records these topics have taken in since they were created. */
export async function countRecords(
  connection: KafkaConnection,
  topics: readonly TopicDef[],
): Promise<number> {
  const admin = new Admin(clientOptions(connection))
  try {
    const ends = await admin.listOffsets({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: ListOffsetTimestamps.LATEST,
        })),
      })),
    })
    return ends.flatMap(({ partitions }) => partitions).reduce((sum, { offset }) => sum + Number(offset), 0)
  } finally {
    await admin.close()
  }
}

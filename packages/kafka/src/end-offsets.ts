import { Admin } from '@platformatic/kafka'
import { clientOptions, type KafkaConnection } from './kafka-connection.ts'

/** What there is of one partition of a topic: offsets from `first` on, before `end`. */
export interface PartitionEnds {
  readonly topic: string
  readonly partition: number
  readonly first: number
  /** The offset that the next record will have. */
  readonly end: number
}

const latest = -1n
const earliest = -2n

/** Which cluster it is: a name that it was given when it was made, and that no other has. */
export function clusterIdOf(connection: KafkaConnection): Promise<string> {
  return withAdmin(connection, async (admin) => {
    const { id } = await admin.metadata({ topics: [], forceUpdate: true })
    return id
  })
}

/** How far the partitions of these topics, which exist, reach now. */
export function endOffsets(
  connection: KafkaConnection,
  topics: readonly string[],
): Promise<readonly PartitionEnds[]> {
  if (topics.length === 0) return Promise.resolve([])
  return withAdmin(connection, async (admin) => {
    const { topics: found } = await admin.metadata({ topics: [...topics], forceUpdate: true })
    const ask = (timestamp: bigint) =>
      admin.listOffsets({
        topics: [...found].map(([name, { partitionsCount }]) => ({
          name,
          partitions: Array.from({ length: partitionsCount }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp,
          })),
        })),
      })
    const firsts = new Map(
      (await ask(earliest)).flatMap(({ name, partitions }) =>
        partitions.map(
          ({ partitionIndex, offset }) => [`${name}/${partitionIndex}`, Number(offset)] as const,
        ),
      ),
    )
    return (await ask(latest)).flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }) => ({
        topic: name,
        partition: partitionIndex,
        first: firsts.get(`${name}/${partitionIndex}`) ?? 0,
        end: Number(offset),
      })),
    )
  })
}

async function withAdmin<T>(connection: KafkaConnection, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ ...clientOptions(connection), retryDelay: 200 })
  admin.on('error', () => {})
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

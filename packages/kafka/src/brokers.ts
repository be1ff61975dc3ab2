import type { RecordsBatch } from '@platformatic/kafka'

/** A topic as its cluster describes it. */
export interface TopicState {
  /** Another topic of the same name has another one. */
  readonly id: string
  readonly partitions: readonly {
    /** The node that leads it; -1: none, for now. */
    readonly leader: number
    readonly leaderEpoch: number
  }[]
}

/** What is wanted of one partition. */
export interface PartitionAsk {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** The offset from which on. */
  readonly next: number
  /** The leader's epoch, as far as it is known: a leader of another one refuses. */
  readonly leaderEpoch: number
  /** The epoch of the record before `next`; -1: not known. A leader whose log has parted from that one says so. */
  readonly epoch: number
}

/** What a leader answers of one partition. */
export interface PartitionAnswer {
  readonly topicId: string
  readonly partition: number
  /** Kafka's name of what is wrong, such as `OFFSET_OUT_OF_RANGE`; `undefined`: nothing. */
  readonly error: string | undefined
  /** Where the log of the leader parted from the one that was read. */
  readonly diverging: { readonly epoch: number; readonly endOffset: number } | undefined
  readonly batches: readonly RecordsBatch[]
  /** Transactions that were aborted, among those that have records in the batches. */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
}

/** As much of a Kafka cluster as reading takes: a simulation can stand in for it. */
export interface Brokers {
  /** These topics, as they are now or were a few seconds ago; one that does not exist is missing. */
  topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicState>>
  /** Waits for a while until there is something. Partitions without news may be missing in the answer. */
  fetch(
    node: number,
    asks: readonly PartitionAsk[],
    limits: { readonly maxBytes: number; readonly partitionMaxBytes: number },
  ): Promise<readonly PartitionAnswer[]>
  /** The first offset, the one after the last, or that of the first record that is not older than a time. */
  offset(topic: string, partition: number, at: 'start' | 'end' | { readonly since: number }): Promise<number>
  /** What is remembered of the topics may no longer be so. */
  forget(): void
  /** Closes all connections, with whatever waits on them, and opens others when they are needed. */
  reopen(): void
  close(): Promise<void>
}

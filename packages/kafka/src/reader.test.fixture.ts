import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Message, TopicDef } from '@waybill/core'
import type { KafkaLog } from './kafka-log.ts'
import { type Ledger, memoryLedger } from './ledger.test.fixture.ts'

/** A member of a group that reads all the time, and writes what it has read into a ledger. */
export interface Reader {
  /** What it has written, in order. An event that came again stands in it once. */
  readonly messages: readonly Message[]
  /** Waits until it has written so many different events. */
  have(count: number): Promise<void>
  close(): Promise<void>
}

const patienceMs = 60_000

export async function startReader(
  log: KafkaLog,
  options: { group: string; topics: readonly TopicDef[]; ledger?: Ledger },
): Promise<Reader> {
  const { group, topics, ledger = memoryLedger() } = options
  const positions = new Map<string, number>()
  const subscription = await log.subscribe({
    group,
    topics,
    from: async (source, partition) => {
      const saved = await ledger.from(source, partition)
      positions.set(`${source}/${partition}`, saved?.next ?? 0)
      return saved
    },
  })
  const byId = new Map<string, Message>()
  let isClosed = false

  async function read(): Promise<void> {
    while (!isClosed) {
      const { messages, next: reached } = await subscription.poll(500)
      const moves = reached.map((offset) => ({
        ...offset,
        expected: positions.get(`${offset.source}/${offset.partition}`)!,
      }))
      if (!(await ledger.write(messages, moves))) {
        await subscription.reset()
        continue
      }
      for (const { source, partition, next } of moves) positions.set(`${source}/${partition}`, next)
      for (const message of messages) if (!byId.has(message.event.id)) byId.set(message.event.id, message)
      subscription.saved(moves)
    }
  }

  const reading = read()
  return {
    get messages() {
      return [...byId.values()]
    },
    have: async (count) => {
      for (const until = performance.now() + patienceMs; byId.size < count; await pause(10)) {
        assert.ok(performance.now() < until, `only ${byId.size} of ${count} events came`)
      }
      assert.equal(byId.size, count)
    },
    close: async () => {
      isClosed = true
      await subscription.close()
      await reading
    },
  }
}

/** The texts of one key's events. */
export function textsOf(messages: readonly Message[], key: string): readonly string[] {
  return messages.flatMap(({ event }) => (event.key === key ? [Buffer.from(event.payload).toString()] : []))
}

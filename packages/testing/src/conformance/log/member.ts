import assert from 'node:assert/strict'
import type { Log, Message, Offset, Poll, TopicDef } from '@waybill/core'
import { textOf } from '../store/fixtures.ts'
import { pause, within } from '../waiting.ts'

/** How far a consumer group has come, as a store would keep it: by source and partition, `source/partition`. */
export type Saved = Map<string, Offset>

/** A member of a consumer group that keeps what it receives. */
export interface Member {
  /** Everything received, in the order of receipt; what came twice stands in it once. */
  readonly messages: Message[]
  texts(): readonly string[]
  /** The texts of one key's events. */
  textsOf(key: string): readonly string[]
  /** Polls until so many different events have come. */
  receive(count: number): Promise<void>
  poll(): Promise<Poll>
  reset(): Promise<void>
  leave(): Promise<void>
}

/** Joins a group. @param saved is brought up to date after each poll unless `saves` is false */
export async function join(
  log: Log,
  options: { group: string; topics: readonly TopicDef[]; saved?: Saved; saves?: boolean; max?: number },
): Promise<Member> {
  const { group, topics, saved = new Map(), saves = true, max = 100 } = options
  const partition = (source: string, number: number): string => `${source}/${number}`
  const subscription = await log.subscribe({
    group,
    topics,
    from: (source, number) => Promise.resolve(saved.get(partition(source, number))),
  })
  const messages: Message[] = []
  const ids = new Set<string>()
  const lastOf = new Map<string, number>()

  /** Not of one that stands elsewhere than in its partition: it moves nothing on. */
  function checkPosition(message: Message, { next }: Poll): void {
    const from = partition(message.source, message.partition)
    assert.ok(message.position > (lastOf.get(from) ?? -1), 'positions rise within a partition')
    lastOf.set(from, message.position)
    const reached = next.find((one) => partition(one.source, one.partition) === from)
    assert.ok(reached !== undefined && reached.next > message.position, 'next lies beyond what was given')
  }

  async function poll(): Promise<Poll> {
    const found = await within('a poll', subscription.poll(max))
    for (const message of found.messages) {
      if (message.position >= 0) checkPosition(message, found)
      assert.ok(log.repeats || !ids.has(message.event.id), `${message.event.id} came twice`)
      if (ids.has(message.event.id)) continue
      ids.add(message.event.id)
      messages.push(message)
    }
    // A log that answers at once with nothing must not keep everything else from running.
    if (found.messages.length === 0) await pause(1)
    if (!saves) return found
    for (const offset of found.next) saved.set(partition(offset.source, offset.partition), offset)
    subscription.saved?.(found.next)
    return found
  }

  return {
    messages,
    texts: () => messages.map(({ event }) => textOf(event)),
    textsOf: (key) => messages.filter(({ event }) => event.key === key).map(({ event }) => textOf(event)),
    poll,
    receive: async (count) => {
      let isLate = false
      const receiving = (async () => {
        while (messages.length < count && !isLate) await poll()
      })()
      await within(`${count} events come`, receiving).finally(() => (isLate = true))
    },
    reset: async () => {
      ids.clear()
      lastOf.clear()
      messages.length = 0
      await subscription.reset()
    },
    leave: () => within('leaving', subscription.close()),
  }
}

import type { Log, Message, Poll, Subscription } from '@waybill/core'

/** Copies come under another partition, so that they have positions of their own. */
const copies = 1_000

/**
 * A log that gives everything twice: sometimes in the same poll, sometimes in the next. For an engine that is right
 * it makes no difference.
 */
export function repeatingLog(log: Log): Log {
  return {
    ...log,
    repeats: true,
    subscribe: async (options) => {
      const { from } = options
      const original = await log.subscribe({
        ...options,
        from: async (source, partition) => {
          await from(source, partition + copies)
          return from(source, partition)
        },
      })
      return repeating(original)
    },
  }
}

function repeating(original: Subscription): Subscription {
  let late: Message[] = []
  let polls = 0

  const copyOf = (message: Message): Message => ({ ...message, partition: message.partition + copies })
  const nextOf = (copied: readonly Message[]): Poll['next'] => [
    ...new Map(
      copied.map(({ source, partition, position }) => [
        `${source}/${partition}`,
        { source, partition, next: position + 1 },
      ]),
    ).values(),
  ]

  return {
    ...original,
    poll: async (max) => {
      if (late.length > 0) {
        const messages = late
        late = []
        return { messages, next: nextOf(messages) }
      }
      const { messages, next } = await original.poll(max)
      polls += 1
      const copied = messages.map(copyOf)
      if (polls % 2 === 0) {
        late = copied
        return { messages, next }
      }
      return {
        messages: messages.flatMap((message, n) => [message, copied[n]!]),
        next: [...next, ...nextOf(copied)],
      }
    },
    reset: async () => {
      late = []
      await original.reset()
    },
  }
}

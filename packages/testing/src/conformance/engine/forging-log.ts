import type { Log, Message, Poll } from '@waybill/core'

/** What somebody else has written: different from a real one in this. */
export type Forgery = Partial<Pick<Message, 'producer'>> & { readonly event?: Partial<Message['event']> }

/**
 * A log to which others write, too. Before what has really come comes what they have made of it.
 * @param options.forge what is forged of a message
 * @param options.gate to be waited for between the two
 */
export function forgingLog(
  log: Log,
  options: { forge: (real: Message) => readonly Forgery[]; gate?: () => Promise<void> },
): Log {
  const { forge, gate = async () => {} } = options
  return {
    ...log,
    subscribe: async (how) => {
      const original = await log.subscribe(how)
      let real: Poll | undefined
      return {
        ...original,
        poll: async (max) => {
          if (real !== undefined) {
            await gate()
            const kept = real ?? { messages: [], next: [] }
            real = undefined
            return kept
          }
          const poll = await original.poll(max)
          const messages = poll.messages.flatMap((message) =>
            forge(message).map(({ event, ...rest }) => ({
              ...message,
              ...rest,
              position: -1,
              event: { ...message.event, ...event },
            })),
          )
          if (messages.length === 0) return poll
          real = poll
          return { messages, next: [] }
        },
        reset: async () => {
          real = undefined
          await original.reset()
        },
      }
    },
  }
}

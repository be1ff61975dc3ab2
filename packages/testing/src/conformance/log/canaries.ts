import type { Log, Offset, Poll, Subscription } from '@waybill/core'
import type { Closing } from '../case.ts'
import { memoryContext } from '../memory-context.ts'
import { realClock } from '../real-clock.ts'
import type { LogContext } from './context.ts'
import { storeLogContext } from './store-log-context.ts'

/** A log with one defect, which the cases of its group must notice. */
export interface LogCanary {
  readonly defect: string
  readonly group: string
  open(): Promise<LogContext & Closing>
}

type Subscribe = Parameters<Log['subscribe']>[0]

function canary(group: string, defect: string, wrap: (log: Log) => Log): LogCanary {
  return { group, defect, open: () => storeLogContext({ ...memoryContext(), clock: realClock, wrap }) }
}

/** A defect in how a group is joined, or in what it gets. */
function joining(
  group: string,
  defect: string,
  change: {
    readonly options?: (options: Subscribe) => Subscribe
    readonly subscription?: (subscription: Subscription) => Subscription
  },
): LogCanary {
  const { options: changeOptions = (it) => it, subscription: changeSubscription = (it) => it } = change
  return canary(group, defect, (log) => ({
    ...log,
    subscribe: async (options) => changeSubscription(await log.subscribe(changeOptions(options))),
  }))
}

/** A defect in what a poll gives. */
function polling(group: string, defect: string, change: (poll: Poll) => Poll): LogCanary {
  return joining(group, defect, {
    subscription: (subscription) => ({
      ...subscription,
      poll: async (max) => change(await subscription.poll(max)),
    }),
  })
}

/** Logs that are wrong on purpose, at least one for each group of cases. */
export const logCanaries: readonly LogCanary[] = [
  polling('delivery', 'drops the last event of a full poll', ({ messages, next }) => ({
    messages: messages.length > 10 ? messages.slice(0, -1) : messages,
    next,
  })),
  polling('delivery', 'turns events round that come together', ({ messages, next }) => ({
    messages: messages.toReversed().map((message, n) => ({ ...message, position: messages[n]!.position })),
    next,
  })),
  polling('delivery', 'repeats in secret', ({ messages, next }) => ({
    messages: messages.flatMap((message) => [message, { ...message, position: message.position + 0.5 }]),
    next,
  })),
  polling('delivery', 'changes payloads', ({ messages, next }) => ({
    messages: messages.map((message) => ({
      ...message,
      event: { ...message.event, payload: message.event.payload.map((byte) => byte & 0x7f) },
    })),
    next,
  })),
  polling('delivery', 'says that all is of one service', ({ messages, next }) => ({
    messages: messages.map((message) => ({ ...message, producer: 'one' })),
    next,
  })),
  canary('delivery', 'gives an event to one group only', (log) => {
    const given = new Set<string>()
    return {
      ...log,
      subscribe: async (options) => {
        const subscription = await log.subscribe(options)
        return {
          ...subscription,
          poll: async (max) => {
            const { messages, next } = await subscription.poll(max)
            return {
              messages: messages.filter(({ event }) => !given.has(event.id) && given.add(event.id)),
              next,
            }
          },
        }
      },
    }
  }),
  joining('positions', 'begins where it likes', {
    options: (options) => ({ ...options, from: () => Promise.resolve(undefined) }),
  }),
  joining('positions', 'begins one too late', {
    options: (options) => ({
      ...options,
      from: async (source, partition) => {
        const { next = 0, ...saved } = { source, partition, ...(await options.from(source, partition)) }
        return { ...saved, next: next + 2 }
      },
    }),
  }),
  joining('positions', 'begins with a further topic where it is in the others', {
    options: (options) => {
      let elsewhere: Offset | undefined
      return {
        ...options,
        from: async (source, partition) => {
          const saved = await options.from(source, partition)
          elsewhere ??= saved
          return saved ?? (elsewhere && { ...elsewhere, source, partition })
        },
      }
    },
  }),
  joining('positions', 'forgets nothing at a reset', {
    subscription: (subscription) => ({ ...subscription, reset: () => Promise.resolve() }),
  }),
  joining('positions', 'lets a poll wait beyond its close', {
    subscription: (subscription) => ({
      ...subscription,
      poll: async (max) => {
        const poll = await subscription.poll(max)
        return poll.messages.length > 0 ? poll : new Promise<Poll>(() => {})
      },
    }),
  }),
  polling('positions', 'says that it has read less than it gave', ({ messages, next }) => ({
    messages,
    next: next.map((one) => ({ ...one, next: one.next - 1 })),
  })),
]

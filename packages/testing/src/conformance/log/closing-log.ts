import type { Log, Subscription } from '@waybill/core'
import type { Closing } from '../case.ts'

/** The same log; closing it closes every subscription that a case has left open, and ends whatever still polls. */
export function closingLog(log: Log): Log & Closing {
  const subscriptions: Subscription[] = []
  let isClosed = false
  return {
    ...log,
    subscribe: async (options) => {
      const subscription = await log.subscribe(options)
      subscriptions.push(subscription)
      return {
        ...subscription,
        poll: (max) => (isClosed ? Promise.reject(new Error('The case is over.')) : subscription.poll(max)),
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
    },
  }
}

import type { Log, Subscription } from '@waybill/core'
import type { Closing } from '../case.ts'

/** The same log; closing it closes every subscription that a case has left open. */
export function closingLog(log: Log): Log & Closing {
  const subscriptions: Subscription[] = []
  return {
    ...log,
    subscribe: async (options) => {
      const subscription = await log.subscribe(options)
      subscriptions.push(subscription)
      return subscription
    },
    close: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
    },
  }
}

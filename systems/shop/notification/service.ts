import { service } from '@waybill/core'
import { confirmDelivery, Mailbox, Notifications, undelivered } from './mailbox.ts'
import { Outcome, remember, tellConfirmed, tellOtherCancellations, tellOutOfStock } from './outcome.ts'
import { issueTicket, redeemTicket, Tickets } from './ticket.ts'

/** Tells users how their orders ended. */
export const notification = service('notification', {
  entities: [Outcome, Mailbox, Tickets],
  commands: [issueTicket, redeemTicket, confirmDelivery],
  queries: [undelivered],
  handlers: [remember, tellConfirmed, tellOutOfStock, tellOtherCancellations],
  views: [Notifications],
})

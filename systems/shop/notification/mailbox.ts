import { command, entity, internal, query, view } from '@waybill/core'
import Type from 'typebox'
import { Notification, NotificationSent } from '../events.ts'

const Delivery = Type.Object({
  userId: Type.String(),
  notificationIds: Type.Array(Type.String({ format: 'uuid' })),
})

/** These notifications have reached their user. */
export const NotificationsDelivered = internal('NotificationsDeliveredEvent', { data: Delivery })

/** By user id: how often something was delivered. What was is in the view. */
export const Mailbox = entity('mailbox', { deliveries: 0 }).evolve(
  NotificationsDelivered,
  ({ deliveries }) => ({ deliveries: deliveries + 1 }),
)

/** Every notification, and whether its user has it. */
export const Notifications = view('notifications', {
  key: 'notificationId',
  row: Type.Object({ ...Notification.properties, delivered: Type.Boolean() }),
  indexes: [['userId', 'delivered']],
})
  .on(NotificationSent, (_, notification) => ({ ...notification, delivered: false }))
  .on(
    NotificationsDelivered,
    ({ notificationIds }) => notificationIds,
    (row) => row && { ...row, delivered: true },
  )

/** What of a user's notifications has not arrived, oldest first. For the socket only. */
export const undelivered = query('undelivered', {
  input: Type.Object({ userId: Type.String(), limit: Type.Integer() }),
  output: Type.Array(Notification),
  answer: async (read, { userId, limit }) => {
    const { items } = await read.rows(Notifications, {
      where: { userId, delivered: false },
      order: 'ascending',
      limit,
    })
    return items.map(({ delivered: _delivered, ...notification }) => notification)
  },
})

/** Notes what a user's connection has acknowledged. For the socket only. */
export const confirmDelivery = command('confirm-delivery', {
  input: Delivery,
  at: Mailbox,
  id: ({ userId }) => userId,
  emits: [NotificationsDelivered],
  decide: (_, delivery) => NotificationsDelivered(delivery),
})

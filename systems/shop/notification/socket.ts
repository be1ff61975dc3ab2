import type { WebSocket } from '@fastify/websocket'
import { isRefusal, systemCaller } from '@waybill/core'
import { type GatewayContext, type SocketDescription, systemClock } from '@waybill/runtime'
import Type from 'typebox'
import { type Notification, NotificationSent } from '../events.ts'
import { deliver, type Mail, type Socket } from './delivery.ts'
import { createListeners, listenerLimits, tooMany, unauthorized } from './listeners.ts'
import { confirmDelivery, undelivered } from './mailbox.ts'
import { invalidTicket, partsOf, redeemTicket } from './ticket.ts'

const later = 1013

const description: SocketDescription = {
  id: 'notification.live',
  summary: 'Notifications, live',
  description:
    'Opened with a ticket of `POST /api/notifications/tickets`, which lets in once, within 30 seconds, for 15 minutes. Notifications of the outcomes of your orders: those missed first, oldest first, then live ones. A message counts as delivered when your client has answered the ping that follows it, which every WebSocket client does by itself. What you send is ignored.',
  query: Type.Object({
    ticket: Type.String({
      examples: ['01920000-0000-7000-8000-000000000000.01920000-0000-7000-8000-000000000001'],
    }),
  }),
  sends: NotificationSent.schema,
  closes: {
    [unauthorized]:
      'The ticket is unknown, used or expired, or the socket was open for 15 minutes: ask for a new one.',
    [tooMany]: `You have opened more than ${listenerLimits.socketsMax} sockets: this was the oldest.`,
    1011: 'Notifications cannot be read at the moment: come back later.',
    [later]: 'Tickets cannot be checked at the moment: come back later.',
    1009: 'You have sent a message of more than 64 kB.',
  },
}

/** `GET /ws/notifications?ticket=…`: a user's notifications, those missed first, then live. */
export async function notificationSocket({ http, engine }: GatewayContext): Promise<void> {
  const notification = engine('notification')
  const as = { caller: systemCaller }
  const listeners = createListeners(systemClock)

  const untail = notification.tail((events) => {
    for (const { type, data } of events) {
      if (type === NotificationSent.type) listeners.tell(data as Notification)
    }
  })
  http.addHook('onClose', untail)

  http.get(
    '/ws/notifications',
    { websocket: true, config: { socket: description } },
    async (socket: WebSocket, request) => {
      try {
        const parts = partsOf((request.query as { ticket?: unknown }).ticket)
        if (parts === undefined) return socket.close(unauthorized, invalidTicket)
        const redeemed = await notification.submit(redeemTicket, parts, as)
        if (redeemed.refused) return socket.close(unauthorized, redeemed.detail)
        // It may have gone while its ticket was checked; then it will never say so again.
        if (socket.readyState === socket.OPEN) open(socket, parts.userId)
      } catch {
        socket.close(later, 'The shop cannot check tickets at the moment: try again later.')
      }
    },
  )

  function open(socket: Socket, userId: string): void {
    const mail: Mail = {
      undelivered: async (limit) => {
        const found = await notification.ask(undelivered, { userId, limit }, systemCaller)
        if (isRefusal(found)) throw new Error(found.detail)
        return found
      },
      confirm: async (notificationIds) => {
        await notification.submit(confirmDelivery, { userId, notificationIds }, as)
      },
    }
    listeners.add(userId, socket, deliver(socket, mail, systemClock))
  }
}

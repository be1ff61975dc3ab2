import type { WebSocket } from '@fastify/websocket'
import { isRefusal, systemCaller } from '@waybill/core'
import { type GatewayContext, systemClock } from '@waybill/runtime'
import { type Notification, NotificationSent } from '../events.ts'
import { deliver, type Mail, type Socket } from './delivery.ts'
import { confirmDelivery, undelivered } from './mailbox.ts'
import { redeemTicket } from './ticket.ts'

/** Close code of a socket that nobody was let in to. Codes from 4000 are an application's own. */
const unauthorized = 4401

/** `GET /ws/notifications?ticket=…`: a user's notifications, those missed first, then live. */
export async function notificationSocket({ http, engine }: GatewayContext): Promise<void> {
  const notification = engine('notification')
  const as = { caller: systemCaller }
  const listeners = new Map<string, Set<(live: Notification) => void>>()

  const untail = notification.tail((events) => {
    for (const { type, data } of events) {
      if (type !== NotificationSent.type) continue
      const live = data as Notification
      listeners.get(live.userId)?.forEach((hear) => hear(live))
    }
  })
  http.addHook('onClose', untail)

  http.get('/ws/notifications', { websocket: true }, async (socket: WebSocket, request) => {
    try {
      const { ticket = '' } = request.query as { ticket?: string }
      const redeemed = await notification.submit(redeemTicket, { ticket }, as)
      if (redeemed.refused) return socket.close(unauthorized, redeemed.detail)
      // It may have gone while its ticket was checked; then it will never say so again.
      if (socket.readyState === socket.OPEN) open(socket, redeemed.reply.userId)
    } catch {
      socket.close(1013, 'The shop cannot check tickets at the moment: try again later.')
    }
  })

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
    const hear = deliver(socket, mail, systemClock)
    const mine = listeners.get(userId) ?? new Set()
    listeners.set(userId, mine.add(hear))
    socket.on('close', () => {
      mine.delete(hear)
      if (mine.size === 0) listeners.delete(userId)
    })
  }
}

import type { Notification } from '../events.ts'
import type { Person, Shop } from './meet-shop.ts'

/** A customer's open connection for notifications. */
export interface Listener {
  /** What has come so far, oldest first. */
  readonly heard: readonly Notification[]
  /** Once the shop has answered, be the ticket good or not. */
  readonly opened: Promise<void>
  /** The close code, once the connection has ended. */
  readonly closed: Promise<number>
  close(): Promise<number>
}

/** Opens a connection with a ticket, as a browser does. */
export function listen(shop: Shop, ticket: string): Listener {
  const heard: Notification[] = []
  const socket = new WebSocket(`${shop.address.replace('http', 'ws')}/ws/notifications?ticket=${ticket}`)
  socket.addEventListener('message', ({ data }) => heard.push(JSON.parse(String(data)) as Notification))
  const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()))
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code))
  })
  return {
    heard,
    opened,
    closed,
    close() {
      socket.close()
      return closed
    },
  }
}

export async function ticketFor({ send }: Person): Promise<string> {
  return (await send('POST /api/notifications/tickets', { json: {} })).body.ticket
}

/** What a notification says: `CONFIRMED`, `CANCELLED OUT_OF_STOCK`. */
export function saying({ status, reason }: Notification): string {
  return reason === undefined ? status : `${status} ${reason}`
}

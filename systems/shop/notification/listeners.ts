import type { Clock } from '@waybill/core'
import type { Notification } from '../events.ts'
import type { Socket } from './delivery.ts'

/** Close codes of the shop's own, and what each means. Those from 4000 are an application's. */
export const unauthorized = 4401
export const tooMany = 4429

/** What one account may hold of a process. */
export const listenerLimits = {
  /** One more, and the oldest is closed. */
  socketsMax: 10,
  /** As long as an access token holds: whoever still has a session asks for a ticket again. */
  openMs: 15 * 60_000,
}

/** The open sockets of this process, by user. */
export interface Listeners {
  /** Takes one in until it closes, or its time is over. */
  add(userId: string, socket: Socket, hear: (live: Notification) => void): void
  /** Hands a notification to all of its user's. */
  tell(live: Notification): void
}

export function createListeners(clock: Clock, limits = listenerLimits): Listeners {
  const users = new Map<string, Map<Socket, (live: Notification) => void>>()
  return {
    add(userId, socket, hear) {
      const mine = users.get(userId) ?? new Map<Socket, typeof hear>()
      users.set(userId, mine)
      const leave = (): void => {
        mine.delete(socket)
        if (mine.size === 0 && users.get(userId) === mine) users.delete(userId)
      }
      const oldest = mine.keys().next().value
      if (oldest !== undefined && mine.size >= limits.socketsMax) {
        // At once: a client may take its time to close.
        mine.delete(oldest)
        oldest.close(
          tooMany,
          `At most ${limits.socketsMax} sockets of an account are open: this was the oldest.`,
        )
      }
      mine.set(socket, hear)
      const cancel = clock.timer(limits.openMs, () => {
        leave()
        socket.close(unauthorized, 'The session is to be shown again: ask for a new ticket.')
      })
      socket.on('close', () => {
        cancel()
        leave()
      })
    },
    tell(live) {
      users.get(live.userId)?.forEach((hear) => hear(live))
    },
  }
}

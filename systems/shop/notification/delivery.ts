import type { Clock } from '@waybill/core'
import type { Notification } from '../events.ts'

/** As much of a WebSocket as a delivery needs. */
export interface Socket {
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: 'pong' | 'close' | 'error', listener: () => void): unknown
}

/** Where a user's notifications wait. */
export interface Mail {
  /** The oldest that have not reached the user, at most `max`. */
  undelivered(max: number): Promise<readonly Notification[]>
  confirm(notificationIds: string[]): Promise<void>
}

/** What a delivery may take; nothing in it grows without bound. */
export const deliveryLimits = {
  /** Sent before the client must have acknowledged them. */
  unconfirmedMax: 100,
  /** Live ones that wait; one more, and all are read from the store when their turn comes. */
  waitingMax: 1_000,
  /** Ids remembered so that nothing is sent twice. */
  rememberedMax: 2_000,
  /** A client that takes longer to acknowledge is cut off. What it has missed comes when it is back. */
  answerMs: 10_000,
  /** So often the store is asked for what other processes have stored, and the client whether it is there. */
  lookEveryMs: 10_000,
}

/**
 * Sends a user's notifications over one connection: those missed first, oldest first, then live ones.
 *
 * A batch counts as delivered when the pong comes to the ping sent after it: every WebSocket client answers pings by
 * itself and in order, so the pong proves that the batch has arrived, which a successful `send` does not.
 * @returns hands over a live notification
 */
export function deliver(
  socket: Socket,
  mail: Mail,
  clock: Clock,
  limits = deliveryLimits,
): (live: Notification) => void {
  let waiting = new Map<string, Notification>()
  const sent = new Set<string>()
  /** Whether there may be some in the store that nobody has handed over. */
  let behind = true
  let open = true
  let wake = (): void => {}
  let pong = (): void => {}

  socket.on('pong', () => pong())
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    open = false
    wake()
    pong()
  })
  run().catch(() => socket.close(1011, 'Notifications cannot be read at the moment.'))

  return (live) => {
    if (sent.has(live.notificationId)) return
    if (waiting.size < limits.waitingMax) waiting.set(live.notificationId, live)
    else behind = true
    wake()
  }

  async function run(): Promise<void> {
    while (open) {
      if (behind) await catchUp()
      const batch = [...waiting.values()].slice(0, limits.unconfirmedMax)
      batch.forEach(send)
      if (!(await acknowledged())) return
      if (batch.length > 0) await mail.confirm(batch.map(({ notificationId }) => notificationId))
      else if (waiting.size === 0 && (await nothingFor(limits.lookEveryMs))) behind = true
    }
  }

  async function catchUp(): Promise<void> {
    behind = false
    const missed = await mail.undelivered(limits.unconfirmedMax)
    if (missed.length === limits.unconfirmedMax) behind = true
    // What was handed over meanwhile is newer, or the same.
    waiting = new Map([...missed.map((one) => [one.notificationId, one] as const), ...waiting])
  }

  function send(notification: Notification): void {
    const { notificationId } = notification
    waiting.delete(notificationId)
    sent.add(notificationId)
    if (sent.size > limits.rememberedMax) sent.delete(sent.values().next().value!)
    socket.send(JSON.stringify(notification))
  }

  async function acknowledged(): Promise<boolean> {
    const inTime = await within(clock, limits.answerMs, (done) => {
      pong = done
      socket.ping()
    })
    if (!inTime) socket.terminate()
    return inTime && open
  }

  async function nothingFor(ms: number): Promise<boolean> {
    return !(await within(clock, ms, (done) => {
      wake = done
    }))
  }
}

/** Whether `done` is called before the time is over. */
function within(clock: Clock, ms: number, start: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.timer(ms, () => resolve(false))
    start(() => {
      cancel()
      resolve(true)
    })
  })
}

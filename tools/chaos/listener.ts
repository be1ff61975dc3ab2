import { setTimeout as sleep } from 'node:timers/promises'
import { insist } from './insist.ts'

/** As much of a notification as matters here. */
export interface Told {
  readonly notificationId: string
  readonly orderId: string
  readonly status: string
}

/** Listens to a customer's notifications, and connects again whenever the connection is lost. */
export interface Listener {
  /** By their ids: one whose acknowledgement was lost may come again. */
  readonly heard: ReadonlyMap<string, Told>
  close(): Promise<void>
}

const pauseMs = 50

export function listen(address: string, token: string): Listener {
  const heard = new Map<string, Told>()
  let socket: WebSocket | undefined
  let open = true

  async function connection(): Promise<void> {
    const { body } = await insist(address, 'POST /api/notifications/tickets', { token, json: {} })
    const opened = new WebSocket(`${address.replace('http', 'ws')}/ws/notifications?ticket=${body.ticket}`)
    socket = opened
    opened.addEventListener('message', ({ data }) => {
      const told = JSON.parse(String(data)) as Told
      heard.set(told.notificationId, told)
    })
    await new Promise((resolve) => {
      opened.addEventListener('close', resolve)
      opened.addEventListener('error', resolve)
    })
  }

  async function run(): Promise<void> {
    while (open) {
      await connection()
      await sleep(pauseMs)
    }
  }

  const running = run()
  // What goes wrong is thrown when it is closed.
  running.catch(() => {})
  return {
    heard,
    close() {
      open = false
      socket?.close()
      return running
    },
  }
}

import { type Committed, isErrorCode, WaybillError } from '@waybill/core'
import WebSocket from 'ws'
import { isResponse, messagesIn } from './incoming.ts'
import {
  type Calls,
  frames,
  internalToken,
  linkPath,
  type Request,
  type Response,
  frameMax,
  unsayableFailure,
} from './wire.ts'

/** A connection to another process, over which all calls go to the services there. */
export interface Link {
  /** `opening`: calls wait until it is open, a second at most. `broken`: nothing can come over it any more. */
  readonly state: 'opening' | 'open' | 'broken'
  /**
   * Resolves with the answer.
   * @throws WaybillError that the service has thrown
   * @throws LinkBroken when none will come: whether the service has had the call is not known
   */
  call<K extends keyof Calls>(service: string, kind: K, body: Calls[K]): Promise<unknown>
  /** Hears what a service commits. Ends when the link does, or when there is no such service: with an error. */
  listen(service: string, listener: (events: readonly Committed[]) => void): Promise<never>
  close(): void
}

/** The other process is gone, or does not even answer a ping. */
export class LinkBroken extends Error {}

const connectMs = 1_000
const pingEveryMs = 1_000
/** One that is silent for so long hangs, or is stopped: its calls had better go to another. */
const silentMs = 3_000

/** @param address of the process, e.g. `http://10.0.0.7:9000` */
export function openLink(address: string, jwtSecret: string): Link {
  const socket = new WebSocket(`${address.replace(/^http/, 'ws')}${linkPath}`, {
    headers: { authorization: `Bearer ${internalToken(jwtSecret)}` },
    handshakeTimeout: connectMs,
    perMessageDeflate: false,
    maxPayload: frameMax,
  })
  const waiting = new Map<number, { hear(response: Response): void; fail(error: LinkBroken): void }>()
  let last = 0
  let state: Link['state'] = 'opening'
  let heardAt = performance.now()
  const early: string[] = []
  const send = frames<Request>(
    (frame) => {
      if (state === 'opening') early.push(frame)
      else socket.send(frame, () => {})
    },
    ({ id }) => waiting.get(id)?.hear({ id, failure: unsayableFailure }),
  )

  const ping = setInterval(() => {
    if (performance.now() - heardAt > silentMs) socket.terminate()
    else if (state === 'open') socket.ping()
  }, pingEveryMs)
  // What is waited for keeps the process alive, not the link.
  ping.unref()

  const end = (cause?: Error): void => {
    if (state === 'broken') return
    state = 'broken'
    clearInterval(ping)
    for (const { fail } of waiting.values()) fail(new LinkBroken(`${address} is gone`, { cause }))
    waiting.clear()
  }
  socket.on('open', () => {
    state = 'open'
    heardAt = performance.now()
    for (const frame of early.splice(0)) socket.send(frame, () => {})
  })
  socket.on('pong', () => (heardAt = performance.now()))
  socket.on('message', (frame) => {
    heardAt = performance.now()
    for (const response of messagesIn(frame) ?? [undefined]) {
      // Who talks nonsense is no process of ours: its calls had better go to another.
      if (!isResponse(response)) return socket.terminate()
      waiting.get(response.id)?.hear(response)
    }
  })
  socket.on('error', end)
  socket.on('close', () => end())

  function request<K extends keyof Calls>(
    service: string,
    kind: K,
    body: Calls[K],
    hear: (response: Response) => void,
    fail: (error: LinkBroken) => void,
  ): void {
    if (state === 'broken') return fail(new LinkBroken(`${address} is gone`))
    last += 1
    waiting.set(last, { hear, fail })
    send({ id: last, service, kind, body } as Request)
  }

  return {
    get state() {
      return state
    },
    call: (service, kind, body) =>
      new Promise((resolve, reject) => {
        const hear = (response: Response): void => {
          waiting.delete(response.id)
          if ('answer' in response) return resolve(response.answer)
          reject(failureOf(response))
        }
        request(service, kind, body, hear, reject)
      }),
    listen: (service, listener) =>
      new Promise((_, reject) => {
        const hear = (response: Response): void => {
          if ('heard' in response) return tell(listener, response.heard)
          waiting.delete(response.id)
          reject(failureOf(response))
        }
        request(service, 'tail', {}, hear, reject)
      }),
    close: () => {
      socket.terminate()
      end()
    },
  }
}

function failureOf(response: Response): Error {
  if (!('failure' in response)) return new LinkBroken('It answered what was not asked.')
  const { code, message } = response.failure
  return isErrorCode(code) ? new WaybillError(code, message) : new Error(`${code} ${message}`)
}

/** One that throws must not take the link from the others. */
function tell(listener: (events: readonly Committed[]) => void, events: readonly Committed[]): void {
  try {
    listener(events)
  } catch (cause) {
    process.emitWarning(cause instanceof Error ? cause : String(cause))
  }
}

import {
  type Clock,
  type Committed,
  type Ids,
  isErrorCode,
  messageOf,
  type ServiceClient,
  type ServiceDef,
  sleep,
  WaybillError,
} from '@waybill/core'
import { type Calls, type Failure, internalToken } from './wire.ts'

/** Another process may be restarted meanwhile: a call waits so long for an instance that answers. */
const patienceMs = 5_000
const tryAgainMs = 100
const tailAgainMs = 500
/** A call that waits for the end of a flow takes 30 seconds at most, and a little. */
const answerMsMax = 40_000

/**
 * A service that runs in another process, or in several. A call goes to one of its instances; where that does not answer,
 * to the next. A command carries an idempotency key in any case, so that one which was cut off can be sent again.
 * @param options.addresses of the instances that are up now, e.g. `http://10.0.0.7:9000`
 */
export function remoteService(options: {
  service: ServiceDef
  addresses(): Promise<readonly string[]>
  jwtSecret: string
  clock: Clock
  ids: Ids
}): ServiceClient {
  const { service, addresses, jwtSecret, clock, ids } = options
  const headers = { authorization: `Bearer ${internalToken(jwtSecret)}`, 'content-type': 'application/json' }
  let turn = 0

  async function call<K extends keyof Calls>(kind: K, body: Calls[K]): Promise<unknown> {
    const until = clock.now() + patienceMs
    let cause: unknown
    for (;;) {
      const up = await addresses()
      turn += 1
      for (let next = 0; next < up.length; next += 1) {
        try {
          return await send(up[(turn + next) % up.length]!, kind, body)
        } catch (error) {
          if (error instanceof WaybillError && error.code !== 'STOPPING') throw error
          cause = error
        }
      }
      if (clock.now() > until) {
        const reason = up.length === 0 ? 'none is up' : messageOf(cause)
        throw new WaybillError('SERVICE_UNAVAILABLE', `No instance of ${service.name} answers: ${reason}`, {
          cause,
        })
      }
      await sleep(clock, tryAgainMs)
    }
  }

  async function send(address: string, kind: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${address}/services/${service.name}/${kind}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMsMax),
    })
    const said: unknown = await response.json()
    if (response.ok) return (said as { answer: unknown }).answer
    const { code, message } = said as Failure
    throw isErrorCode(code) ? new WaybillError(code, message) : new Error(`${response.status} ${message}`)
  }

  async function listen(
    listener: (events: readonly Committed[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const [address] = await addresses()
    if (address === undefined) return
    const response = await fetch(`${address}/services/${service.name}/tail`, { headers, signal })
    let rest = ''
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) listener(JSON.parse(line) as Committed[])
    }
  }

  return {
    service,
    read: {
      entity: async (entity, id) =>
        (await call('entity', { entity: entity.name, id })) as typeof entity.initial,
    },
    submit: async (command, input, how) => {
      const slot = `call/${ids.newId()}`
      const idempotency = how.idempotency ?? { slot, fingerprint: slot }
      const answer = await call('submit', { command: command.name, input, how: { ...how, idempotency } })
      const submitted = answer as Awaited<ReturnType<ServiceClient['submit']>>
      // Nobody but this call knows its key: a repetition is one of its own.
      return (
        submitted.refused || how.idempotency !== undefined ? submitted : { ...submitted, replayed: false }
      ) as never
    },
    ask: async (query, input, caller) => (await call('ask', { query: query.name, input, caller })) as never,
    tail: (listener) => {
      const end = new AbortController()
      void (async () => {
        while (!end.signal.aborted) {
          await listen(listener, end.signal).catch(() => undefined)
          await sleep(clock, tailAgainMs)
        }
      })()
      return () => end.abort()
    },
  }
}

import {
  type Clock,
  type Committed,
  hasCode,
  type Ids,
  messageOf,
  type ServiceClient,
  type ServiceDef,
  sleep,
  WaybillError,
} from '@waybill/core'
import { type Link, LinkBroken } from './link.ts'
import type { Links } from './links.ts'
import type { Calls } from './wire.ts'

/** Another process may be restarted meanwhile: a call waits so long for an instance that answers. */
const patienceMs = 5_000
const tryAgainMs = 100
const tailAgainMs = 500
/** A call is repeated within its patience; that its answer is kept any longer is for an instance that is frozen meanwhile. */
const keepMs = 60 * 60 * 1_000

/**
 * A service that runs in another process, or in several. A call goes to one of its instances; where that does not answer,
 * to the next. A command carries an idempotency key in any case, so that one which was cut off can be sent again.
 * @param options.addresses of the instances that are up now, e.g. `http://10.0.0.7:9000`
 */
export function remoteService(options: {
  service: ServiceDef
  addresses(): Promise<readonly string[]>
  links: Links
  clock: Clock
  ids: Ids
}): ServiceClient {
  const { service, addresses, links, clock, ids } = options

  async function call<K extends keyof Calls>(kind: K, body: Calls[K]): Promise<unknown> {
    const until = clock.monotonic() + patienceMs
    let cause: unknown
    for (;;) {
      const up = await addresses()
      for (const link of inOrder(up)) {
        try {
          return await link.call(service.name, kind, body)
        } catch (error) {
          if (!(error instanceof LinkBroken || hasCode(error, 'STOPPING'))) throw error
          cause = error
        }
      }
      if (clock.monotonic() > until) {
        const reason = up.length === 0 ? 'none is up' : messageOf(cause)
        throw new WaybillError('SERVICE_UNAVAILABLE', `No instance of ${service.name} answers: ${reason}`, {
          cause,
        })
      }
      await sleep(clock, tryAgainMs)
    }
  }

  /**
   * Links that are open; where none is, all. Chance says which is first: by turns, one of two instances would have all
   * logins, say, since the gateway makes an even number of calls for each.
   */
  function inOrder(up: readonly string[]): readonly Link[] {
    const first = Math.floor(Math.random() * up.length)
    const all = up.map((_, n) => links.to(up[(first + n) % up.length]!))
    const open = all.filter(({ state }) => state === 'open')
    return open.length > 0 ? open : all
  }

  return {
    service,
    read: {
      entity: async (entity, id) =>
        (await call('entity', { entity: entity.name, id })) as typeof entity.initial,
    },
    submit: async (command, input, how) => {
      const slot = `call/${ids.newId()}`
      const idempotency = how.idempotency ?? { slot, fingerprint: slot, keepMs }
      const answer = await call('submit', { command: command.name, input, how: { ...how, idempotency } })
      if (typeof answer !== 'object' || answer === null) {
        throw new WaybillError('CALL_INVALID', `${service.name} answered ${command.name} with nothing.`)
      }
      const submitted = answer as Awaited<ReturnType<ServiceClient['submit']>>
      // Nobody but this call knows its key: a repetition is one of its own.
      return (
        submitted.refused || how.idempotency !== undefined ? submitted : { ...submitted, replayed: false }
      ) as never
    },
    ask: async (query, input, caller) => (await call('ask', { query: query.name, input, caller })) as never,
    tail: (listener) => {
      const heard = new Set<string>()
      let ended = false
      const hear = (events: readonly Committed[]): void => {
        if (!ended) listener(events)
      }
      // Each instance tells only what it has committed itself.
      void (async () => {
        while (!ended) {
          for (const address of await addresses().catch(() => [])) {
            if (heard.has(address)) continue
            heard.add(address)
            const listening = links.to(address).listen(service.name, hear)
            listening.catch(() => heard.delete(address))
          }
          await sleep(clock, tailAgainMs)
        }
      })()
      return () => {
        ended = true
      }
    },
  }
}

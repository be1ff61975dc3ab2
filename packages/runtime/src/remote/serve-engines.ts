import { setTimeout as sleep } from 'node:timers/promises'
import websocket, { type WebSocket } from '@fastify/websocket'
import { type Engine, invariant, messageOf, type ServiceDef, WaybillError } from '@waybill/core'
import type { FastifyBaseLogger } from 'fastify'
import { HttpProblem } from '../http/problem.ts'
import { closeServer, createServer } from '../http/server.ts'
import { reachable } from './reachable.ts'
import { frames, isInternal, linkPath, type Request, type Response } from './wire.ts'

/** Where other processes of the system reach the services of this one. */
export interface EngineServer {
  /** Good for other machines, too. */
  readonly address: string
  /** Takes no more calls, answers those in hand. */
  close(): Promise<void>
}

/** How long calls in hand may still take once the server closes. */
const closeWithinMs = 5_000
const lookEveryMs = 20

/** Lets other processes send commands to these engines and ask them. Not a public interface: it trusts its callers. */
export async function serveEngines(options: {
  engines: readonly Engine[]
  host: string
  port: number
  jwtSecret: string
  logger: FastifyBaseLogger
}): Promise<EngineServer> {
  const { host, port, jwtSecret, logger } = options
  const engines = new Map(options.engines.map((engine) => [engine.service.name, engine]))
  const http = createServer(logger)
  let closing = false
  let inHand = 0

  http.addHook('onRequest', async (request) => {
    if (!isInternal(request.headers.authorization, jwtSecret)) throw new HttpProblem('UNAUTHENTICATED')
  })
  await http.register(websocket)
  http.get(linkPath, { websocket: true }, serve)

  function serve(socket: WebSocket): void {
    const respond = frames<Response>((frame) => socket.send(frame, () => {}))
    const untails: (() => void)[] = []
    socket.on('message', (frame) => {
      for (const request of JSON.parse((frame as Buffer).toString()) as Request[]) {
        if (request.kind === 'tail') {
          const { id } = request
          untails.push(engineOf(request.service).tail((heard) => respond({ id, heard })))
        } else void answer(request).then(respond)
      }
    })
    socket.on('close', () => {
      for (const untail of untails) untail()
    })
  }

  async function answer(request: Exclude<Request, { kind: 'tail' }>): Promise<Response> {
    const { id } = request
    inHand += 1
    try {
      if (closing) throw new WaybillError('STOPPING', 'The process is shutting down.')
      return { id, answer: await result(request) }
    } catch (error) {
      const code = error instanceof WaybillError ? error.code : 'INVARIANT_BROKEN'
      return { id, failure: { code, message: messageOf(error) } }
    } finally {
      inHand -= 1
    }
  }

  function result({ service, kind, body }: Exclude<Request, { kind: 'tail' }>): Promise<unknown> {
    const engine = engineOf(service)
    switch (kind) {
      case 'submit':
        return engine.submit(named(engine.service, 'commands', body.command), body.input, body.how)
      case 'ask':
        return engine.ask(named(engine.service, 'queries', body.query), body.input, body.caller)
      case 'entity':
        return engine.read.entity(named(engine.service, 'entities', body.entity), body.id)
    }
  }

  function engineOf(service: string): Engine {
    const engine = engines.get(service)
    invariant(engine !== undefined, `${service} does not run in this process`)
    return engine
  }

  const names = engines.map(({ service }) => service.name).join(', ')
  const address = await http.listen({
    host,
    port,
    listenTextResolver: (at) =>
      names === ''
        ? `runs no service; is reached at ${at}`
        : `runs ${names}; other processes reach it at ${at}`,
  })
  return {
    address: await reachable(address, host),
    close: async () => {
      closing = true
      // The answers themselves go out a turn of the event loop later.
      for (const until = performance.now() + closeWithinMs; performance.now() < until;) {
        await sleep(lookEveryMs)
        if (inHand === 0) break
      }
      await closeServer(http)
    },
  }
}

function named<K extends 'commands' | 'queries' | 'entities'>(
  service: ServiceDef,
  kind: K,
  name: string,
): ServiceDef[K][number] {
  const found = service[kind].find((part) => part.name === name)
  invariant(found !== undefined, `${service.name} has no ${name} among its ${kind}`)
  return found
}

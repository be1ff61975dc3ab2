import { setTimeout as sleep } from 'node:timers/promises'
import websocket, { type WebSocket } from '@fastify/websocket'
import { type Engine, messageOf, type ServiceDef, WaybillError } from '@waybill/core'
import type { FastifyBaseLogger } from 'fastify'
import type { TObject } from 'typebox'
import { HttpProblem } from '../http/problem.ts'
import { closeServer, createServer } from '../http/server.ts'
import { idOf, isInput, isRequest, messagesIn } from './incoming.ts'
import { reachable } from './reachable.ts'
import {
  type Failure,
  frames,
  isInternal,
  linkPath,
  type Request,
  type Response,
  frameMax,
  unsayableFailure,
} from './wire.ts'

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

/** Lets other processes send commands to these engines and ask them. Not a public interface: callers say who they act for. */
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
  await http.register(websocket, {
    options: { maxPayload: frameMax },
    errorHandler: (error, socket) => {
      logger.warn({ cause: messageOf(error) }, 'a link to another process failed')
      socket.terminate()
    },
  })
  http.get(linkPath, { websocket: true }, serve)

  function serve(socket: WebSocket): void {
    const respond = frames<Response>(
      (frame) => socket.send(frame, () => {}),
      ({ id }) => respond({ id, failure: unsayableFailure }),
    )
    const untails: (() => void)[] = []
    socket.on('message', (frame) => {
      for (const message of messagesIn(frame) ?? [undefined]) {
        const id = idOf(message)
        // Without a number nobody can be told.
        if (id === undefined) return socket.close(1007, 'These are no calls.')
        void answer(id, message, { respond, untails }).then((response) => response && respond(response))
      }
    })
    socket.on('close', () => {
      for (const untail of untails) untail()
    })
  }

  /** @returns undefined for what is not answered, but heard */
  async function answer(
    id: number,
    request: unknown,
    { respond, untails }: { respond: (response: Response) => void; untails: (() => void)[] },
  ): Promise<Response | undefined> {
    inHand += 1
    try {
      if (closing) throw new WaybillError('STOPPING', 'The process is shutting down.')
      if (!isRequest(request)) throw invalid('It has not the form of a call.')
      if (request.kind !== 'tail') return { id, answer: await result(request) }
      untails.push(engineOf(request.service).tail((heard) => respond({ id, heard })))
      return undefined
    } catch (error) {
      return { id, failure: failureOf(error) }
    } finally {
      inHand -= 1
    }
  }

  function result({ service, kind, body }: Exclude<Request, { kind: 'tail' }>): Promise<unknown> {
    const engine = engineOf(service)
    switch (kind) {
      case 'submit':
        return engine.submit(
          taking(named(engine.service, 'commands', body.command), body.input),
          body.input,
          body.how,
        )
      case 'ask':
        return engine.ask(
          taking(named(engine.service, 'queries', body.query), body.input),
          body.input,
          body.caller,
        )
      case 'entity':
        return engine.read.entity(named(engine.service, 'entities', body.entity), body.id)
    }
  }

  function engineOf(service: string): Engine {
    const engine = engines.get(service)
    if (engine === undefined) throw invalid(`The service ${service} does not run in this process.`)
    return engine
  }

  const names = [...engines.keys()].join(', ')
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
  if (found === undefined) throw invalid(`${service.name} has no ${name} among its ${kind}.`)
  return found
}

/** A command or a query, if it takes this input. */
function taking<P extends { readonly name: string; readonly input: TObject }>(part: P, input: unknown): P {
  if (!isInput(part.input, input)) throw invalid(`${part.name} does not take this input.`)
  return part
}

function invalid(message: string): WaybillError {
  return new WaybillError('CALL_INVALID', message)
}

function failureOf(error: unknown): Failure {
  return { code: error instanceof WaybillError ? error.code : 'INVARIANT_BROKEN', message: messageOf(error) }
}

import { type Engine, invariant, messageOf, type ServiceDef, WaybillError } from '@waybill/core'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { HttpProblem } from '../http/problem.ts'
import { closeServer, createServer } from '../http/server.ts'
import { type Calls, type Failure, failureStatus, isInternal } from './wire.ts'

/** Where other processes of the system reach the services of this one. */
export interface EngineServer {
  readonly address: string
  close(): Promise<void>
}

/** Lets other processes send commands to these engines and ask them. Not a public interface: it trusts its callers. */
export async function serveEngines(options: {
  engines: readonly Engine[]
  host: string
  port: number
  jwtSecret: string
  logger: FastifyBaseLogger
}): Promise<EngineServer> {
  const { engines, host, port, jwtSecret, logger } = options
  const http = createServer(logger)
  http.addHook('onRequest', async (request) => {
    if (!isInternal(request.headers.authorization, jwtSecret)) throw new HttpProblem('UNAUTHENTICATED')
  })
  for (const engine of engines) {
    const path = `/services/${engine.service.name}`
    http.post(`${path}/submit`, (request, reply) =>
      answer(reply, async () => {
        const { command, input, how } = request.body as Calls['submit']
        return engine.submit(named(engine.service, 'commands', command), input, how)
      }),
    )
    http.post(`${path}/ask`, (request, reply) =>
      answer(reply, async () => {
        const { query, input, caller } = request.body as Calls['ask']
        return engine.ask(named(engine.service, 'queries', query), input, caller)
      }),
    )
    http.post(`${path}/entity`, (request, reply) =>
      answer(reply, async () => {
        const { entity, id } = request.body as Calls['entity']
        return engine.read.entity(named(engine.service, 'entities', entity), id)
      }),
    )
    http.get(`${path}/tail`, (request, reply) => tail(engine, request, reply))
  }
  const address = await http.listen({ host, port })
  return { address, close: () => closeServer(http) }
}

async function answer(reply: FastifyReply, work: () => Promise<unknown>): Promise<unknown> {
  try {
    // A lone value is an answer, too: null is the state of an entity that does not exist.
    return { answer: await work() }
  } catch (error) {
    const code = error instanceof WaybillError ? error.code : 'INVARIANT_BROKEN'
    const failure: Failure = { code, message: messageOf(error) }
    return reply.status(failureStatus).send(failure)
  }
}

/** Every batch of committed events as one line of JSON, as long as the caller listens. */
function tail(engine: Engine, request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
  reply.raw.flushHeaders()
  const untail = engine.tail((events) => {
    reply.raw.write(`${JSON.stringify(events)}\n`)
  })
  request.raw.on('close', untail)
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

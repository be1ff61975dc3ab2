import { isRefusal, type Refusal, refuse } from '@waybill/core'
import type { FastifyInstance } from 'fastify'
import Type, { type Static, type TObject } from 'typebox'
import type { RunningApplication } from '../host/application.ts'
import { addEndpoint, type Endpoint } from '../http/endpoint.ts'
import { sendProblem } from '../http/problem.ts'
import { refusalProblem } from '../http/refusals.ts'
import { parseRoute } from '../http/route.ts'
import { describeSystem } from './describe.ts'
import { flowOf } from './flow.ts'
import { parkedOf } from './parked.ts'

const servicePath = '/admin/systems/{system}/services/{service}'

/**
 * The JSON admin API: what the systems of this process are, what they did, what they have set aside.
 * @returns what it has added, for the document
 */
export function adminRoutes(
  http: FastifyInstance,
  systems: readonly RunningApplication[],
): readonly Endpoint[] {
  const endpoints: Endpoint[] = []
  const get = <I extends TObject>(
    id: string,
    summary: string,
    path: `/${string}`,
    input: I,
    answer: (input: Static<I>) => Promise<object | Refusal> | object | Refusal,
  ): void => {
    const endpoint: Endpoint = {
      id: `admin.${id}`,
      summary,
      route: parseRoute(`GET ${path}`),
      role: 'admin',
      input,
      output: Type.Unknown(),
      status: 200,
      heeds: [],
      handle: async (given, _request, reply) => {
        const result = await answer(given as Static<I>)
        return isRefusal(result) ? sendProblem(reply, refusalProblem(result)) : result
      },
    }
    addEndpoint(http, endpoint)
    endpoints.push(endpoint)
  }
  const systemOf = (name: string): RunningApplication | Refusal =>
    find('system', name, systems, (running) => running.system.name)

  get(
    'systems',
    'What runs here: services, events, topics, and who publishes what to whom.',
    '/admin/systems',
    Type.Object({}),
    () => ({
      items: systems.map(({ system, address }) => ({ ...describeSystem(system), address })),
    }),
  )

  get(
    'flow',
    'Every event of one flow, causes before effects.',
    '/admin/systems/{system}/flows/{correlationId}',
    Type.Object({ system: Type.String(), correlationId: Type.String({ format: 'uuid' }) }),
    async ({ system, correlationId }) => {
      const running = systemOf(system)
      if (isRefusal(running)) return running
      return { items: await flowOf(running, correlationId), nextCursor: null }
    },
  )

  get(
    'entity',
    'The history of an entity, with the state after each event.',
    `${servicePath}/entities/{entity}/{id}`,
    Type.Object({ system: Type.String(), service: Type.String(), entity: Type.String(), id: Type.String() }),
    async ({ system, service, entity, id }) => {
      const running = systemOf(system)
      if (isRefusal(running)) return running
      const engine = find('service', service, [...running.engines.values()], (each) => each.service.name)
      if (isRefusal(engine)) return engine
      const definition = find('entity', entity, engine.service.entities, ({ name }) => name)
      if (isRefusal(definition)) return definition
      const history = await engine.read.history(definition, id)
      return history.length > 0
        ? { items: history, nextCursor: null }
        : refuse('UNKNOWN_ENTITY', `There is no ${entity} ${id}.`, { kind: 'not-found' })
    },
  )

  get(
    'parked',
    'What a service has set aside, and why.',
    `${servicePath}/parked`,
    Type.Object({
      system: Type.String(),
      service: Type.String(),
      limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
      cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
    }),
    async ({ system, service, limit, cursor }) => {
      const running = systemOf(system)
      if (isRefusal(running)) return running
      const store = find('service', service, [...running.stores.values()], (each) => each.service)
      return isRefusal(store) ? store : parkedOf(running, store, { limit, cursor })
    },
  )
  return endpoints
}

/** What a path names, or a refusal that says what there is. */
function find<T>(kind: string, name: string, all: readonly T[], nameOf: (one: T) => string): T | Refusal {
  return (
    all.find((one) => nameOf(one) === name) ??
    refuse(
      `UNKNOWN_${kind.toUpperCase()}`,
      `There is no ${kind} ${name}; there are: ${all.map(nameOf).join(', ') || 'none'}.`,
      { kind: 'not-found' },
    )
  )
}

import { WaybillError } from '../errors.ts'
import type { EventDef } from './event.ts'
import { unknownField } from './fields.ts'
import { keyFault } from './key.ts'
import { payloadFaults } from './payload.ts'
import type { SagaDef } from './saga.ts'
import { emittedBy, receivedBy, type ServiceDef } from './service.ts'
import type { TopicDef } from './topic.ts'

/** Services that are deployed and documented together, and the flows across them. */
export interface SystemDef {
  readonly name: string
  readonly services: readonly ServiceDef[]
  readonly sagas: readonly SagaDef[]
  /** Every event of the system by its type. */
  readonly events: ReadonlyMap<string, EventDef>
  /** The service that emits an event. */
  readonly producerOf: ReadonlyMap<string, ServiceDef>
  /** Names of services that have data and are no longer declared, on purpose: else the start is refused. */
  readonly retired: readonly string[]
}

/**
 * Puts services together. Who publishes what to whom follows from their handlers; nothing else declares it.
 * @throws SYSTEM_INVALID naming every fault at once, each with its place
 */
export function system(
  name: string,
  services: readonly ServiceDef[],
  sagas: readonly SagaDef[] = [],
  { retired = [] }: { retired?: readonly string[] } = {},
): SystemDef {
  const producers = producersOf(services)
  const faults = [
    ...duplicates(services.map((service) => service.name)).map((n) => `service ${n}: declared twice`),
    ...services
      .filter(({ name: n }) => !/^[a-z][a-z0-9-]*$/.test(n))
      .map(({ name: n }) => `service ${n}: its name takes lower case letters, digits and dashes`),
    ...producerFaults(producers),
    ...definitionFaults(services),
    ...[...new Set(eventsOf(services))].flatMap(eventFaults),
    ...services.flatMap(nameFaults),
    ...services.flatMap((service) => receptionFaults(service, producers)),
    ...services.flatMap((service) => ownershipFaults(service, services)),
    ...topicFaults(services),
    ...routeFaults(services),
    ...sagas.flatMap((saga) => sagaFaults(saga, producers)),
  ]
  if (faults.length > 0) {
    throw new WaybillError(
      'SYSTEM_INVALID',
      [`The system ${name} does not fit together:`, ...faults].join('\n  - '),
    )
  }
  return {
    name,
    services,
    sagas,
    events: new Map(eventsOf(services).map((event) => [event.type, event])),
    producerOf: new Map([...producers].map(([type, [service]]) => [type, service!])),
    retired,
  }
}

/** The topics of a system, each once. */
export function topicsOf(system: SystemDef): readonly TopicDef[] {
  const topics = [...system.events.values()].flatMap((event) => event.topic ?? [])
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()]
}

function eventsOf(services: readonly ServiceDef[]): readonly EventDef[] {
  return services.flatMap((service) => [...emittedBy(service), ...receivedBy(service)])
}

function producersOf(services: readonly ServiceDef[]): Map<string, ServiceDef[]> {
  const producers = new Map<string, ServiceDef[]>()
  for (const service of services) {
    for (const { type } of emittedBy(service)) {
      producers.set(type, [...(producers.get(type) ?? []), service])
    }
  }
  return producers
}

function producerFaults(producers: Map<string, ServiceDef[]>): string[] {
  return [...producers]
    .filter(([, services]) => services.length > 1)
    .map(
      ([type, services]) =>
        `event ${type}: emitted by ${services.map((s) => s.name).join(' and ')}; one service owns an event`,
    )
}

function definitionFaults(services: readonly ServiceDef[]): string[] {
  const definitions = Map.groupBy(new Set(eventsOf(services)), (event) => event.type)
  return [...definitions]
    .filter(([, found]) => found.length > 1)
    .map(
      ([type]) =>
        `event ${type}: declared ${definitions.get(type)!.length} times; declare it once and import it`,
    )
}

/** What an event lacks to be kept in order and sent. */
function eventFaults({ type, schema, key }: EventDef): string[] {
  const fault = key && keyFault(type, schema, key)
  return [
    ...(fault === undefined ? [] : [`event ${type}, key: ${fault}`]),
    ...payloadFaults(schema).map((what) => `event ${type}, ${what}`),
  ]
}

/** The fields by which a service names entities and rows. */
function nameFaults({ name, entities, handlers, views }: ServiceDef): string[] {
  const names = [
    ...entities.map((one) => ['entity', one.name]),
    ...views.map((one) => ['view', one.name]),
  ].map(([kind, given]) => ({
    place: `${kind} '${given}'`,
    // A slash ends it where it stands before an id.
    fault: /^[^\s/]+$/.test(given!) ? undefined : 'its name takes no slash and no space',
  }))
  const targets = handlers.flatMap(({ event, targets: all }) =>
    all.map(({ entity, field }) => ({
      place: `handler on ${event.type}, at ${entity.name}`,
      fault: field && keyFault(event.type, event.schema, field),
    })),
  )
  const keys = views.map((view) => ({
    place: `view ${view.name}, key`,
    fault: keyFault('its row', view.row, view.key),
  }))
  const listens = views.flatMap((view) =>
    view.listens.map(({ type, schema }) => {
      const field = view.projections.get(type)?.field
      return { place: `view ${view.name} on ${type}`, fault: field && keyFault(type, schema, field) }
    }),
  )
  const indexes = views.flatMap((view) =>
    [...new Set(view.indexes.flat())]
      .filter((field) => view.row.properties[field] === undefined)
      .map((field) => ({
        place: `view ${view.name}, index`,
        fault: unknownField('its row', view.row, field),
      })),
  )
  return [...names, ...targets, ...keys, ...listens, ...indexes].flatMap(({ place, fault }) =>
    fault === undefined ? [] : `service ${name}: ${place}: ${fault}`,
  )
}

function receptionFaults(service: ServiceDef, producers: Map<string, ServiceDef[]>): string[] {
  const own = emittedBy(service)
  const unknown = [...receivedBy(service)].filter((event) => !producers.has(event.type))
  const foreignInternal = [...receivedBy(service)].filter(
    (event) => event.topic === undefined && producers.has(event.type),
  )
  return [
    ...unknown.map((event) => `service ${service.name}: handles ${event.type}, which nobody emits`),
    ...foreignInternal.map(
      (event) =>
        `service ${service.name}: handles ${event.type}, which is internal to ${producers.get(event.type)![0]!.name}`,
    ),
    ...duplicates(service.handlers.filter((h) => h.effect !== undefined).map((h) => h.event.type)).map(
      (type) => `service ${service.name}: two handlers with an effect on ${type}; an event has one`,
    ),
    ...service.handlers
      .filter((handler) => handler.observes && own.has(handler.event))
      .map(
        (handler) => `service ${service.name}: observes its own ${handler.event.type}; evolve on it instead`,
      ),
  ]
}

function ownershipFaults(service: ServiceDef, services: readonly ServiceDef[]): string[] {
  const places = [
    ...service.commands.map((command) => ({ place: `command ${command.name}`, entities: [command.entity] })),
    ...service.handlers.map((handler) => ({
      place: `handler on ${handler.event.type}`,
      entities: handler.targets.map((target) => target.entity),
    })),
  ]
  const names = (kind: string, parts: readonly { name: string }[]): string[] =>
    duplicates(parts.map((part) => part.name)).map(
      (n) => `service ${service.name}: ${kind} ${n} declared twice`,
    )
  const heard = new Set([
    ...[...emittedBy(service)].map(({ type }) => type),
    ...service.handlers.filter(({ observes }) => observes).map(({ event }) => event.type),
  ])
  return [
    ...service.entities.flatMap((entity) =>
      [...entity.evolves.keys()]
        .filter((type) => !heard.has(type))
        .map(
          (type) =>
            `service ${service.name}: entity ${entity.name} evolves on ${type}, which nothing there emits or observes`,
        ),
    ),
    ...places.flatMap(({ place, entities }) =>
      entities
        .filter((entity) => !service.entities.includes(entity))
        .map((entity) => {
          const owner = services.find((other) => other.entities.includes(entity))
          return owner === undefined
            ? `service ${service.name}: ${place} uses entity ${entity.name}, which no service lists`
            : `service ${service.name}: ${place} uses entity ${entity.name}, which belongs to ${owner.name}`
        }),
    ),
    ...names('entity', service.entities),
    ...names('view', service.views),
    ...names('command', service.commands),
    ...names('query', service.queries),
  ]
}

function topicFaults(services: readonly ServiceDef[]): string[] {
  const topics = eventsOf(services).flatMap((event) => event.topic ?? [])
  return [...Map.groupBy(topics, (topic) => topic.name)]
    .filter(([, same]) => new Set(same.map((topic) => `${topic.partitions} ${topic.retentionDays}`)).size > 1)
    .map(([name]) => `topic ${name}: declared with different settings`)
}

function routeFaults(services: readonly ServiceDef[]): string[] {
  const routes = services.flatMap((service) =>
    [...service.commands, ...service.queries]
      .filter((part) => part.http !== undefined)
      .map(({ name, http, input }) => ({
        place: `${service.name}.${name}`,
        http: http!,
        input,
        route: http!.replaceAll(/\{[^}]+\}/g, '{}'),
      })),
  )
  const taken = [...Map.groupBy(routes, ({ route }) => route)]
    .filter(([, same]) => same.length > 1)
    .map(([route, same]) => `route ${route}: taken by ${same.map(({ place }) => place).join(' and ')}`)
  const unknown = routes.flatMap(({ place, http, input }) =>
    Array.from(http.matchAll(/\{([^}]+)\}/g), ([, param]) => param!)
      .filter((param) => input.properties[param] === undefined)
      .map((param) => `route ${http}: ${unknownField(`the input of ${place}`, input, param)}`),
  )
  return [...taken, ...unknown]
}

function sagaFaults(saga: SagaDef, producers: Map<string, ServiceDef[]>): string[] {
  return [saga.starts, ...Object.values(saga.ends).flat()]
    .filter((event) => !producers.has(event.type))
    .map((event) => `saga ${saga.name}: names ${event.type}, which nobody emits`)
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

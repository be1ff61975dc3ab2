import type { CommandDef } from './command.ts'
import type { EntityDef } from './entity.ts'
import type { EventDef } from './event.ts'
import type { HandlerDef } from './handler.ts'
import type { QueryDef } from './query.ts'
import type { ViewDef } from './view.ts'

/** The only owner of its entities, views, commands, queries and handlers. Services share nothing but events. */
export interface ServiceDef {
  readonly name: string
  readonly entities: readonly EntityDef[]
  readonly commands: readonly CommandDef[]
  readonly queries: readonly QueryDef[]
  readonly handlers: readonly HandlerDef[]
  readonly views: readonly ViewDef[]
  /** Names of entities and events that have a history and are no longer declared, on purpose: else the start is refused. */
  readonly retired: readonly string[]
}

/** Declares a service. The name is its consumer group and its schema in the database: lower case, digits, dashes. */
export function service(name: string, parts: Partial<Omit<ServiceDef, 'name'>>): ServiceDef {
  const { entities = [], commands = [], queries = [], handlers = [], views = [], retired = [] } = parts
  return { name, entities, commands, queries, handlers, views, retired }
}

/** Every event that the service can bring about. */
export function emittedBy(service: ServiceDef): ReadonlySet<EventDef> {
  return new Set([...service.commands, ...service.handlers].flatMap((part) => part.emits))
}

/** Every event that the service reacts to or folds into a view and does not emit itself. */
export function receivedBy(service: ServiceDef): ReadonlySet<EventDef> {
  const own = emittedBy(service)
  const heard = [
    ...service.handlers.map((handler) => handler.event),
    ...service.views.flatMap((view) => view.listens),
  ]
  return new Set(heard.filter((event) => !own.has(event)))
}

import { emittedBy, type EventDef, receivedBy, type SystemDef, topicsOf } from '@waybill/core'

/** What a system is made of, and who publishes what to whom, as plain data. */
export function describeSystem(system: SystemDef): object {
  const events = [...system.events.values()]
  return {
    name: system.name,
    services: system.services.map((service) => ({
      name: service.name,
      entities: service.entities.map(({ name }) => name),
      views: service.views.map(({ name }) => name),
      commands: service.commands.map(({ name, http }) => ({ name, http: http ?? null })),
      queries: service.queries.map(({ name, http }) => ({ name, http: http ?? null })),
      emits: typesOf(emittedBy(service)),
      receives: typesOf(receivedBy(service)),
    })),
    events: events.map((event) => ({
      type: event.type,
      topic: event.topic?.name ?? null,
      key: event.key ?? null,
      archive: event.archive,
      publisher: publisherOf(system, event),
      subscribers: subscribersOf(system, event),
    })),
    topics: topicsOf(system).map(({ name, partitions, retentionDays }) => {
      const carried = events.filter((event) => event.topic?.name === name)
      return {
        name,
        partitions,
        retentionDays,
        events: carried.map(({ type }) => type),
        publishers: [...new Set(carried.map((event) => publisherOf(system, event)))],
        subscribers: [...new Set(carried.flatMap((event) => subscribersOf(system, event)))],
      }
    }),
    sagas: system.sagas.map(({ name, starts, ends, withinMs }) => ({
      name,
      starts: starts.type,
      ends: Object.fromEntries(Object.entries(ends).map(([outcome, list]) => [outcome, typesOf(list)])),
      withinSeconds: withinMs / 1_000,
    })),
  }
}

function typesOf(events: Iterable<EventDef>): string[] {
  return [...events].map(({ type }) => type)
}

function publisherOf(system: SystemDef, { type }: EventDef): string {
  return system.producerOf.get(type)!.name
}

function subscribersOf(system: SystemDef, event: EventDef): string[] {
  return system.services.filter((service) => receivedBy(service).has(event)).map(({ name }) => name)
}

import type { ServiceDef } from '../../contract/service.ts'
import type { SystemDef } from '../../contract/system.ts'
import { fingerprint } from '../fingerprint.ts'

/**
 * What a service is able to handle, in a few characters: events that it gave up are tried again by one that is able to
 * handle other things. A newer version that declares an event which the older one did not know is such a one,
 * or takes it from elsewhere.
 */
export function definitionOf(system: SystemDef, service: ServiceDef): string {
  const text = JSON.stringify([
    [...system.events.values()]
      .map(({ type, schema, topic }) => [type, schema, topic?.name, system.producerOf.get(type)?.name])
      .sort(byName),
    service.handlers.map(({ event, targets, observes }) => [
      event.type,
      targets.map(({ entity }) => entity.name),
      observes,
    ]),
    service.entities.map(({ name, evolves }) => [name, [...evolves.keys()]]),
    service.views.map(({ name, row, projections }) => [name, row, [...projections.keys()]]),
  ])
  return fingerprint(text)
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('')
}

function byName([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

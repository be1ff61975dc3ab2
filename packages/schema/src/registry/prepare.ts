import { type EventDef, invariant, type SystemDef, WaybillError } from '@waybill/core'
import { schemasOf } from '../avro.ts'
import type { SchemaIds } from '../codec.ts'
import { knownSchemas } from './known-schemas.ts'
import type { Registry } from './registry.ts'
import { subjectsOf } from './subject.ts'

/** The schemas of a system's events, with their ids, held in memory. */
export type SchemaSnapshot = Required<SchemaIds>

/**
 * Registers the schemas of all events of a system where they are not registered yet, and loads every version that they
 * ever had.
 * @param now milliseconds of a clock that never goes back; default: the machine's
 * @throws SCHEMA_INCOMPATIBLE with every reason of every event; nothing is registered then
 * @throws REGISTRY_UNAVAILABLE, CONFIGURATION_INVALID as the registry does
 */
export async function prepare(
  system: SystemDef,
  registry: Registry,
  now = (): number => performance.now(),
): Promise<SchemaSnapshot> {
  const entries = [...schemasOf(system)].map(([type, schema]) => ({
    type,
    schema,
    subjects: subjectsOf(system, system.events.get(type)!),
  }))
  const refusals: string[] = []
  for (const { type, schema, subjects } of entries) {
    const reasons = await registry.check(subjects.current, schema)
    refusals.push(...reasons.map((reason) => `${type}, ${reason}`))
  }
  if (refusals.length > 0) {
    const message = [`The schemas of ${system.name} do not fit those registered before:`, ...refusals]
    throw new WaybillError('SCHEMA_INCOMPATIBLE', message.join('\n  - '))
  }

  const ids = new Map<string, number>()
  const known = knownSchemas(registry, now)
  for (const { type, schema, subjects } of entries) {
    ids.set(type, await registry.register(subjects.current, schema))
    for (const subject of subjects.all) {
      for (const version of await registry.versions(subject)) known.add(version.id, version.schema)
    }
  }
  return {
    idOf(event: EventDef) {
      const id = ids.get(event.type)
      invariant(id !== undefined, `event ${event.type} is not of the system ${system.name}`)
      return id
    },
    schemaOf: known.get,
    learn: known.learn,
  }
}

import { type EventDef, invariant, type SystemDef, WaybillError } from '@waybill/core'
import { schemasOf } from '../avro.ts'
import type { AvroSchema } from '../avro-schema.ts'
import type { SchemaIds } from '../codec.ts'
import { schemaIdIn } from '../wire.ts'
import type { Registry } from './registry.ts'
import { subjectsOf } from './subject.ts'

/** The schemas of a system's events, with their ids, held in memory. */
export interface SchemaSnapshot extends SchemaIds {
  /**
   * Fetches the schemas of payloads that other processes wrote since: with a newer version of an event, say.
   * To be awaited before such payloads are decoded. An id that the registry does not know stays unknown.
   */
  learn(payloads: Iterable<Uint8Array>): Promise<void>
}

/**
 * Registers the schemas of all events of a system, and loads every version that they ever had.
 * @throws SCHEMA_INCOMPATIBLE with every reason of every event; nothing is registered then
 */
export async function prepare(system: SystemDef, registry: Registry): Promise<SchemaSnapshot> {
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
  const schemas = new Map<number, AvroSchema>()
  for (const { type, schema, subjects } of entries) {
    ids.set(type, await registry.register(subjects.current, schema))
    for (const subject of subjects.all) {
      for (const version of await registry.versions(subject)) schemas.set(version.id, version.schema)
    }
  }
  return {
    idOf(event: EventDef) {
      const id = ids.get(event.type)
      invariant(id !== undefined, `event ${event.type} is not of the system ${system.name}`)
      return id
    },
    schemaOf: (id) => schemas.get(id),
    async learn(payloads) {
      for (const payload of payloads) {
        const id = schemaIdIn(payload)
        if (id === undefined || schemas.has(id)) continue
        const schema = await registry.schemaById(id)
        if (schema !== undefined) schemas.set(id, schema)
      }
    },
  }
}

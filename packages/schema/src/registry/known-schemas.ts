import type { AvroSchema } from '../avro-schema.ts'
import { type SchemaId, schemaIdIn } from '../wire.ts'
import type { Registry } from './registry.ts'

/** An id that the registry does not have is not asked for again so long: payloads with it may come in floods. */
const missingMs = 60_000
/** So many such ids are remembered, the latest. */
const missingMax = 10_000

/** Schemas by id, held in memory. */
export interface KnownSchemas {
  get(id: SchemaId): AvroSchema | undefined
  add(id: number, schema: AvroSchema): void
  /**
   * Fetches the schemas of payloads that are not known yet. An id that the registry does not have stays unknown.
   * @throws REGISTRY_UNAVAILABLE
   */
  learn(payloads: Iterable<Uint8Array>): Promise<void>
}

/** @param now milliseconds of a clock that never goes back */
export function knownSchemas(registry: Registry, now: () => number): KnownSchemas {
  const schemas = new Map<SchemaId, AvroSchema>()
  /** When they were asked for, the oldest first. */
  const missing = new Map<SchemaId, number>()

  async function ask(id: SchemaId): Promise<void> {
    const schema = await registry.schemaById(id)
    missing.delete(id)
    if (schema !== undefined) schemas.set(id, schema)
    else {
      missing.set(id, now())
      if (missing.size > missingMax) missing.delete(missing.keys().next().value!)
    }
  }

  return {
    get: (id) => schemas.get(id),
    add: (id, schema) => void schemas.set(id, schema),
    async learn(payloads) {
      for (const payload of payloads) {
        const id = schemaIdIn(payload)
        if (id === undefined || schemas.has(id)) continue
        const askedAt = missing.get(id)
        if (askedAt === undefined || now() - askedAt > missingMs) await ask(id)
      }
    },
  }
}

import type { AvroSchema } from '../avro-schema.ts'

/** A schema as text that is the same for schemas that say the same. */
export function normalised(schema: AvroSchema): string {
  return JSON.stringify(schema, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
    // { "type": "string" } and "string" are the same.
    return entries.length === 1 && entries[0]![0] === 'type' ? entries[0]![1] : Object.fromEntries(entries)
  })
}

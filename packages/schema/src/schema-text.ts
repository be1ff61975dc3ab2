import type { AvroSchema } from './avro-schema.ts'
import { simplified } from './references.ts'

const definitions = new Set(['record', 'error', 'enum', 'fixed', 'array', 'map'])
const ofDefinition = ['type', 'name', 'namespace', 'doc']
const ofField = ['name', 'type', 'doc', 'default']

/** A schema as Avro's own tools write it. Its storage need not keep the order of its keys. */
export function schemaText(schema: AvroSchema): string {
  return JSON.stringify(simplified(schema), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const first = 'type' in value && definitions.has(value.type as string) ? ofDefinition : ofField
    const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length)
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b)))
  })
}

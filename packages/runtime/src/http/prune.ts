import Type, { type TSchema } from 'typebox'
import { Clean } from 'typebox/value'

type Prune = (value: unknown) => unknown

const keep: Prune = (value) => value

/**
 * Makes a function that copies a value without the properties that its schema does not name, at any depth.
 * What does not fit the schema is left as it is, for the check to find.
 *
 * TypeBox's own `Clean` interprets the schema at every call, which takes a thousand times as long as the check;
 * it is used only for forms that requests rarely have.
 */
export function pruner(schema: TSchema): Prune {
  const open = (schema as { additionalProperties?: unknown }).additionalProperties
  if (Type.IsObject(schema) && !open) return objectPruner(schema.properties)
  if (Type.IsArray(schema)) {
    const item = pruner(schema.items)
    return item === keep ? keep : (value) => (Array.isArray(value) ? value.map(item) : value)
  }
  const holdsObjects = JSON.stringify(schema).includes('"properties":')
  return holdsObjects ? (value) => Clean(schema, value) : keep
}

function objectPruner(properties: Readonly<Record<string, TSchema>>): Prune {
  const fields = Object.entries(properties).map(([name, schema]) => [name, pruner(schema)] as const)
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const source = value as Record<string, unknown>
    const kept: Record<string, unknown> = {}
    for (const [name, prune] of fields) {
      if (source[name] !== undefined) kept[name] = prune(source[name])
    }
    return kept
  }
}

import type { AvroSchema } from '../avro-schema.ts'
import { namedKinds, primitives, qualified } from '../references.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * A schema as text that is the same for schemas that say the same: whatever the order of their keys, whether a name has its
 * namespace before it or beside it, and whether a type stands alone or as the only thing in an object.
 */
export function normalised(schema: AvroSchema): string {
  return JSON.stringify(sorted(typeIn(schema as Json, '')))
}

/** @param namespace of what stands around it; '' for none */
function typeIn(part: Json, namespace: string): Json {
  if (typeof part === 'string') return primitives.has(part) ? part : qualified(part, namespace)
  if (Array.isArray(part)) return part.map((branch) => typeIn(branch, namespace))
  if (typeof part !== 'object' || part === null) return part
  const { type, ...rest } = part as Readonly<Record<string, Json>>
  const kind = type ?? null
  if (kind === 'array') return { ...rest, type: kind, items: typeIn(rest['items'] ?? null, namespace) }
  if (kind === 'map') return { ...rest, type: kind, values: typeIn(rest['values'] ?? null, namespace) }
  if (!namedKinds.has(kind as string)) {
    const plain = typeIn(kind, namespace)
    return Object.keys(rest).length === 0 ? plain : { ...rest, type: plain }
  }

  const { name: given, namespace: own, aliases, fields, ...more } = rest
  const name = qualified(textOf(given), typeof own === 'string' ? own : namespace)
  const within = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  return {
    ...more,
    type: kind,
    name,
    ...(Array.isArray(aliases) && { aliases: aliases.map((alias) => qualified(textOf(alias), within)) }),
    ...(Array.isArray(fields) && { fields: fields.map((field) => fieldIn(field, within)) }),
  }
}

/** Of what is no text it does not matter: such a schema is not valid. */
function textOf(part: Json | undefined): string {
  return typeof part === 'string' ? part : ''
}

function fieldIn(field: Json, namespace: string): Json {
  const { type = null, ...rest } = field as Readonly<Record<string, Json>>
  return { ...rest, type: typeIn(type, namespace) }
}

/** With its keys in one order, and those of what stands in it. */
function sorted(part: Json): Json {
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) return part.map(sorted)
  const entries = Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]))
}

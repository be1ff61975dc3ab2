import type { AvroSchema } from './avro-schema.ts'

/** Says that a name in a schema is defined in a version of another subject. */
export interface SchemaReference {
  /** The full name of the type. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** What any part of a schema can be, also in schemas that Waybill would not derive. */
type Part = string | readonly Part[] | Definition
type Definition = Readonly<Record<string, any>>

/** The types that have no definition. */
export const primitives: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])
/** The kinds of types that have a name, by which others may refer to them. */
export const namedKinds: ReadonlySet<string> = new Set(['record', 'error', 'enum', 'fixed'])

/**
 * Makes a schema stand alone: where it first names a type that it does not define itself, the definition is put there.
 * @param others schemas that stand alone, with the definitions
 */
export function standingAlone(schema: AvroSchema, others: readonly AvroSchema[]): AvroSchema {
  const definitions = new Map<string, Definition>()
  const collect = (name: string, definition: Definition): boolean => {
    definitions.set(name, definition)
    return true
  }
  for (const other of others) walk(other as Part, '', collect)

  const placed = new Set<string>()
  const place = (name: string): boolean => {
    const isNew = !placed.has(name)
    placed.add(name)
    return isNew
  }
  const missing = (name: string): Definition | undefined =>
    placed.has(name) ? undefined : definitions.get(name)
  return walk(schema as Part, '', place, missing) as AvroSchema
}

/** A schema where `"string"` stands for `{ "type": "string" }`. */
export function simplified(schema: AvroSchema): AvroSchema {
  return walk(schema as Part, '', () => true) as AvroSchema
}

/**
 * Copies a schema, its parts in the order in which they stand.
 * @param namespace of what stands around it; '' for none
 * @param defines is told each named type before its inside, with a definition that may stand anywhere; false: the name is
 * put instead
 * @param definitionOf what to put in the place of a name, by its full name
 */
function walk(
  part: Part,
  namespace: string,
  defines: (name: string, definition: Definition) => boolean,
  definitionOf: (name: string) => Definition | undefined = () => undefined,
): Part {
  const inside = (part: Part, namespace: string): Part => walk(part, namespace, defines, definitionOf)
  if (typeof part === 'string') {
    if (primitives.has(part)) return part
    const definition = definitionOf(qualified(part, namespace))
    return definition === undefined ? part : inside(definition, '')
  }
  if (Array.isArray(part)) return part.map((branch: Part) => inside(branch, namespace))
  const { type, ...rest } = part as Definition
  if (type === 'array') return { type, ...rest, items: inside(rest['items'], namespace) }
  if (type === 'map') return { type, ...rest, values: inside(rest['values'], namespace) }
  if (!namedKinds.has(type)) {
    const plain = inside(type, namespace)
    return Object.keys(rest).length === 0 ? plain : { type: plain, ...rest }
  }

  const name = qualified(rest['name'], rest['namespace'] ?? namespace)
  const within = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const anywhere = { type, ...rest, name: name.slice(name.lastIndexOf('.') + 1), namespace: within }
  if (!defines(name, anywhere)) return name
  if (!Array.isArray(rest['fields'])) return { type, ...rest }
  const fields = rest['fields'].map((field) => ({ ...field, type: inside(field.type, within) }))
  return { type, ...rest, fields }
}

/** A name as it is everywhere. By Avro's rules one with a dot is a full name already. */
export function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

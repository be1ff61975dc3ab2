import type { Type, types } from 'avsc'
import type { AvroSchema } from './avro-schema.ts'
import { avroType } from './avro-type.ts'

/** Confluent's compatibility levels, as they are called in a registry's configuration. */
export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

/**
 * What a new version of a schema must be able to do with the one before it; `_TRANSITIVE`: with all of them.
 * `BACKWARD`: read what they wrote. `FORWARD`: write what they can read. `FULL`: both. `NONE`: nothing.
 */
export type CompatibilityLevel = (typeof compatibilityLevels)[number]

/**
 * Why a schema may not be the next version: a line for each reason, beginning with the path of the field
 * (`items.[].price: …`); none when it may.
 * @param earlier all versions so far, the oldest first
 * @throws Error when one of the schemas is not valid Avro
 */
export function incompatibilities(
  level: CompatibilityLevel,
  next: AvroSchema,
  earlier: readonly AvroSchema[],
): readonly string[] {
  const type = avroType(next)
  const compared = (level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1)).map(avroType)
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL')
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL')
  const reasons = compared.flatMap((old) => [
    ...(backward ? new Comparison('new', 'old').clashes(type, old, []) : []),
    ...(forward ? new Comparison('old', 'new').clashes(old, type, []) : []),
  ])
  return [...new Set(reasons)]
}

/** The names of the fields from the record's root down; `[]` and `{}` for what is in an array or a map. */
type Path = readonly string[]

/** Finds where a reader cannot read what a writer writes, by the rules of Avro's schema resolution. */
class Comparison {
  readonly #reader: string
  readonly #writer: string
  /** The records compared so far: a recursive schema meets them again. */
  readonly #seen = new Map<Type, Set<Type>>()

  /** @param reader what messages call the reader's schema; `writer` likewise */
  constructor(reader: string, writer: string) {
    this.#reader = reader
    this.#writer = writer
  }

  clashes(reader: Type, writer: Type, path: Path): string[] {
    if (isUnion(writer)) return writer.types.flatMap((branch) => this.clashes(reader, branch, path))
    if (isUnion(reader)) return this.#union(reader, writer, path)
    if (isA<types.RecordType>(reader, 'record') && isA<types.RecordType>(writer, 'record')) {
      return this.#record(reader, writer, path)
    }
    if (isA<types.EnumType>(reader, 'enum') && isA<types.EnumType>(writer, 'enum')) {
      return this.#enum(reader, writer, path)
    }
    if (isA<types.ArrayType>(reader, 'array') && isA<types.ArrayType>(writer, 'array')) {
      return this.clashes(reader.itemsType, writer.itemsType, [...path, '[]'])
    }
    if (isA<types.MapType>(reader, 'map') && isA<types.MapType>(writer, 'map')) {
      return this.clashes(reader.valuesType, writer.valuesType, [...path, '{}'])
    }
    if (isA<types.FixedType>(reader, 'fixed') && isA<types.FixedType>(writer, 'fixed')) {
      return reader.size === writer.size && sameName(reader, writer) ? [] : [this.#type(reader, writer, path)]
    }
    const readable =
      reader.typeName === writer.typeName || promotions[writer.typeName]?.includes(reader.typeName)
    return readable ? [] : [this.#type(reader, writer, path)]
  }

  #union(reader: types.UnwrappedUnionType, writer: Type, path: Path): string[] {
    const branches = reader.types.map((branch) => this.clashes(branch, writer, path))
    if (branches.some((found) => found.length === 0)) return []
    // The branch of the same kind says more than that none of them fits.
    const alike = reader.types.findIndex((branch) => branch.typeName === writer.typeName)
    return branches[alike] ?? [this.#type(reader, writer, path)]
  }

  #record(reader: types.RecordType, writer: types.RecordType, path: Path): string[] {
    if (!sameName(reader, writer)) return [this.#renamed(reader, writer, path)]
    const seen = this.#seen.get(reader) ?? new Set()
    if (seen.has(writer)) return []
    this.#seen.set(reader, seen.add(writer))
    return reader.fields.flatMap((field) => {
      const inside = [...path, field.name]
      const written = writer.fields.find(({ name }) => name === field.name || field.aliases.includes(name))
      if (written !== undefined) return this.clashes(field.type, written.type, inside)
      if (field.defaultValue() !== undefined) return []
      return [at(inside, `the ${this.#writer} schema lacks it and the ${this.#reader} one has no default`)]
    })
  }

  #enum(reader: types.EnumType, writer: types.EnumType, path: Path): string[] {
    if (!sameName(reader, writer)) return [this.#renamed(reader, writer, path)]
    if ((reader as { default?: string }).default !== undefined) return []
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
    if (unknown.length === 0) return []
    return [at(path, `the ${this.#reader} schema lacks ${unknown.join(', ')} of the ${this.#writer} one`)]
  }

  #renamed(reader: Type, writer: Type, path: Path): string {
    return at(
      path,
      `called ${reader.name} in the ${this.#reader} schema and ${writer.name} in the ${this.#writer}`,
    )
  }

  #type(reader: Type, writer: Type, path: Path): string {
    return at(
      path,
      `${nameOf(writer)} of the ${this.#writer} schema is no ${nameOf(reader)} of the ${this.#reader}`,
    )
  }
}

/** What a value may be read as, other than what it was written as. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function isA<T extends Type>(type: Type, name: string): type is T {
  return type.typeName === name
}

function isUnion(type: Type): type is types.UnwrappedUnionType {
  return type.typeName.startsWith('union')
}

/** By Avro's rules the namespace does not count, and the reader may list earlier names. */
function sameName(reader: Type, writer: Type): boolean {
  const name = simple(writer.name)
  return simple(reader.name) === name || (reader.aliases ?? []).map(simple).includes(name)
}

function simple(name: string | undefined): string | undefined {
  return name?.slice(name.lastIndexOf('.') + 1)
}

function nameOf(type: Type): string {
  return isUnion(type) ? type.types.map(nameOf).join(' or ') : type.typeName
}

function at(path: Path, reason: string): string {
  return `${path.join('.') || 'the record'}: ${reason}`
}

import type { Type, types } from 'avsc'

/** What Apache Avro's Java library calls a way in which a reader cannot read what a writer wrote; so do registries. */
type ClashName =
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'MISSING_UNION_BRANCH'
  | 'NAME_MISMATCH'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'

/** One place where a reader cannot read what a writer wrote. */
export interface Clash {
  readonly name: ClashName
  /** The names of the fields from the record's root down; `[]` and `{}` for what is in an array or a map. */
  readonly path: readonly string[]
  readonly reason: string
  /** The field, the symbols or the names that it is about. */
  readonly detail: string
}

/** Two schemas that take more steps are refused: whoever sends them would keep the process from all else. */
const stepsMax = 100_000
/** Of records in each other, as deep as a comparison goes. Two circles of records may go on very long. */
const depthMax = 500

/** Finds where a reader cannot read what a writer writes, by the rules of Avro's schema resolution. */
export class Comparison {
  readonly #reader: string
  readonly #writer: string
  /** What was found for two records: a recursive schema meets them again, and many places may share them. */
  readonly #known = new Map<Type, Map<Type, readonly Clash[]>>()
  #steps = 0
  #depth = 0

  /** @param reader what messages call the reader's schema; `writer` likewise */
  constructor(reader: string, writer: string) {
    this.#reader = reader
    this.#writer = writer
  }

  /** None when the reader can read all. Of records that stand in several places, each further one tells only the first. */
  clashes(reader: Type, writer: Type): readonly Clash[] {
    this.#steps += 1
    if (isUnion(writer)) return writer.types.flatMap((branch) => this.clashes(reader, branch))
    if (isUnion(reader)) return this.#union(reader, writer)
    if (isA<types.RecordType>(reader, 'record') && isA<types.RecordType>(writer, 'record')) {
      return this.#record(reader, writer)
    }
    if (isA<types.EnumType>(reader, 'enum') && isA<types.EnumType>(writer, 'enum')) {
      return this.#enum(reader, writer)
    }
    if (isA<types.ArrayType>(reader, 'array') && isA<types.ArrayType>(writer, 'array')) {
      return inside('[]', this.clashes(reader.itemsType, writer.itemsType))
    }
    if (isA<types.MapType>(reader, 'map') && isA<types.MapType>(writer, 'map')) {
      return inside('{}', this.clashes(reader.valuesType, writer.valuesType))
    }
    if (isA<types.FixedType>(reader, 'fixed') && isA<types.FixedType>(writer, 'fixed')) {
      return this.#fixed(reader, writer)
    }
    const readable =
      reader.typeName === writer.typeName || promotions[writer.typeName]?.includes(reader.typeName)
    return readable ? [] : [this.#type(reader, writer)]
  }

  #union(reader: types.UnwrappedUnionType, writer: Type): readonly Clash[] {
    let alike: readonly Clash[] | undefined
    for (const branch of reader.types) {
      if (this.#steps > stepsMax) return [tooLarge]
      const found = this.clashes(branch, writer)
      if (found.length === 0) return []
      // The branch that was meant says more than that none of them fits.
      const isOther = found[0]!.name === 'NAME_MISMATCH' && found[0]!.path.length === 0
      if (branch.typeName === writer.typeName && !isOther) alike ??= found
    }
    return alike ?? [{ ...this.#type(reader, writer), name: 'MISSING_UNION_BRANCH' }]
  }

  #record(reader: types.RecordType, writer: types.RecordType): readonly Clash[] {
    if (!sameName(reader, writer)) return [this.#renamed(reader, writer)]
    const byWriter = this.#known.get(reader) ?? new Map<Type, readonly Clash[]>()
    this.#known.set(reader, byWriter)
    const known = byWriter.get(writer)
    if (known !== undefined) return known.slice(0, 1)
    if (this.#depth >= depthMax) return [tooLarge]
    // While it is being compared, it counts as readable where it stands in itself.
    byWriter.set(writer, [])
    this.#depth += 1
    const written = new Map(writer.fields.map((field) => [field.name, field]))
    const found = reader.fields.flatMap((field) => inside(field.name, this.#field(field, written)))
    this.#depth -= 1
    byWriter.set(writer, found)
    return found
  }

  #field(field: types.Field, written: ReadonlyMap<string, types.Field>): readonly Clash[] {
    if (this.#steps > stepsMax) return [tooLarge]
    const names = [...new Set([field.name, ...field.aliases])].filter((name) => written.has(name))
    if (names.length > 1) {
      const reason = `${names.join(' and ')} of the ${this.#writer} schema both fit it`
      return [{ name: 'NAME_MISMATCH', path: [], reason, detail: names.join(', ') }]
    }
    if (names.length === 1) return this.clashes(field.type, written.get(names[0]!)!.type)
    if (field.defaultValue() !== undefined) return []
    const reason = `the ${this.#writer} schema lacks it and the ${this.#reader} one has no default`
    return [{ name: 'READER_FIELD_MISSING_DEFAULT_VALUE', path: [], reason, detail: field.name }]
  }

  #enum(reader: types.EnumType, writer: types.EnumType): readonly Clash[] {
    if (!sameName(reader, writer)) return [this.#renamed(reader, writer)]
    if ((reader as { default?: string }).default !== undefined) return []
    const symbols = new Set(reader.symbols)
    const unknown = writer.symbols.filter((symbol) => !symbols.has(symbol))
    if (unknown.length === 0) return []
    const reason = `the ${this.#reader} schema lacks ${unknown.join(', ')} of the ${this.#writer} one`
    return [{ name: 'MISSING_ENUM_SYMBOLS', path: [], reason, detail: `[${unknown.join(', ')}]` }]
  }

  #fixed(reader: types.FixedType, writer: types.FixedType): readonly Clash[] {
    if (!sameName(reader, writer)) return [this.#renamed(reader, writer)]
    if (reader.size === writer.size) return []
    const reason = `${reader.size} bytes in the ${this.#reader} schema and ${writer.size} in the ${this.#writer}`
    const detail = `expected: ${writer.size}, found: ${reader.size}`
    return [{ name: 'FIXED_SIZE_MISMATCH', path: [], reason, detail }]
  }

  #renamed(reader: Type, writer: Type): Clash {
    const reason = `called ${reader.name} in the ${this.#reader} schema and ${writer.name} in the ${this.#writer}`
    return { name: 'NAME_MISMATCH', path: [], reason, detail: `expected: ${writer.name}` }
  }

  #type(reader: Type, writer: Type): Clash {
    const [read, wrote] = [nameOf(reader), nameOf(writer)]
    const reason = `${wrote} of the ${this.#writer} schema is no ${read} of the ${this.#reader}`
    const detail = `reader type: ${read} not compatible with writer type: ${wrote}`.toUpperCase()
    return { name: 'TYPE_MISMATCH', path: [], reason, detail }
  }
}

const tooLarge: Clash = {
  name: 'TYPE_MISMATCH',
  path: [],
  reason: `too large or too deep to compare: more than ${stepsMax} steps, or ${depthMax} records in each other`,
  detail: '',
}

/** What a value may be read as, other than what it was written as. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function inside(name: string, clashes: readonly Clash[]): readonly Clash[] {
  return clashes.map((clash) => ({ ...clash, path: [name, ...clash.path] }))
}

function isA<T extends Type>(type: Type, name: string): type is T {
  return type.typeName === name
}

function isUnion(type: Type): type is types.UnwrappedUnionType {
  return type.typeName.startsWith('union')
}

/** The namespace does not count, except in an alias: that is a whole name, by which the reader knew the type earlier. */
function sameName(reader: Type, writer: Type): boolean {
  const { name } = writer
  return simple(reader.name) === simple(name) || (name !== undefined && !!reader.aliases?.includes(name))
}

function simple(name: string | undefined): string | undefined {
  return name?.slice(name.lastIndexOf('.') + 1)
}

function nameOf(type: Type): string {
  return isUnion(type) ? type.types.map(nameOf).join(' or ') : type.typeName
}

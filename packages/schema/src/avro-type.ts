import avsc, { type Type } from 'avsc'
import { Decimal, ExactLong, ExactString, FiniteDouble, type Tap } from './avro-scalars.ts'
import type { AvroSchema } from './avro-schema.ts'

interface Reader {
  _read(tap: Tap): unknown
}

/**
 * Makes a schema ready to read and write. Values are plain data, records plain objects, unions unwrapped.
 * @throws Error when it is not valid Avro
 */
export function avroType(schema: AvroSchema): Type {
  return avsc.Type.forSchema(schema as Parameters<typeof avsc.Type.forSchema>[0], {
    omitRecordMethods: true,
    typeHook(part, options) {
      if (typeof part === 'string') return scalar(part)
      if (Array.isArray(part) && part.length === 0) return emptyUnion()
      if (typeof part !== 'object' || !('type' in part)) return undefined
      switch (part.type) {
        case 'record':
          return plainRecord(part, options)
        case 'enum':
          return exactEnum(part, options)
        case 'array':
          return new BoundedArray(part, options)
        case 'map':
          return new BoundedMap(part, options)
        case 'bytes':
          return 'logicalType' in part && part.logicalType === 'decimal' ? new Decimal() : undefined
        default:
          return typeof part.type === 'string' ? scalar(part.type) : undefined
      }
    },
  })
}

function scalar(name: string): Type | undefined {
  switch (name) {
    case 'double':
      return new FiniteDouble()
    case 'long':
      return new ExactLong()
    case 'string':
      return new ExactString()
    default:
      return undefined
  }
}

/** Avro knows a union without branches, and so without values; avsc does not. */
function emptyUnion(): Type {
  const refuse = (): never => {
    throw new Error('a union without branches has no values')
  }
  return Object.assign(Object.create(new avsc.types.NullType()), {
    typeName: 'union:unwrapped',
    types: [],
    _check: () => false,
    _read: refuse,
    _skip: refuse,
    _write: refuse,
  }) as Type
}

/** avsc makes instances of a class for each record. With this prototype they are as plain as literals. */
function plainRecord(...args: ConstructorParameters<typeof avsc.types.RecordType>): Type {
  const type = new avsc.types.RecordType(...args)
  type.recordConstructor.prototype = Object.prototype
  return type
}

/** avsc looks symbols up in an object, finds `constructor` there too, and writes it as the first symbol. */
function exactEnum(...args: ConstructorParameters<typeof avsc.types.EnumType>): Type {
  const type = new avsc.types.EnumType(...args)
  Object.setPrototypeOf((type as unknown as { _indices: object })._indices, null)
  return type
}

/** avsc believes any length that it reads: eight corrupted bytes would keep it busy for hours. */
class BoundedArray extends avsc.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const type = this.itemsType as unknown as Reader
    const items: unknown[] = []
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) {
      while (left-- > 0) items.push(type._read(tap))
    }
    return items
  }

  _skip(tap: Tap): void {
    this._read(tap)
  }
}

class BoundedMap extends avsc.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const type = this.valuesType as Reader
    const values: Record<string, unknown> = {}
    for (let left = blockSize(tap); left > 0; left = blockSize(tap)) {
      while (left-- > 0) values[tap.readString()] = type._read(tap)
    }
    return values
  }

  _skip(tap: Tap): void {
    this._read(tap)
  }
}

/** How many entries come next; 0 at the end. Each takes a byte or more: Waybill derives no empty types. */
function blockSize(tap: Tap): number {
  const count = tap.readLong()
  // A negative count is followed by the size of the block in bytes, for readers that skip it.
  if (count < 0) tap.skipLong()
  const entries = Math.abs(count)
  if (entries > tap.buf.length - tap.pos) throw new Error(`a list of ${entries} entries goes past the end`)
  return entries
}

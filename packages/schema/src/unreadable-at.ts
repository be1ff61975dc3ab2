import avsc, { type Type, type types } from 'avsc'

const long = avsc.Type.forSchema('long')
const text = avsc.Type.forSchema('string')

/**
 * Where a reader first fails on what a writer wrote, by the names of fields and the numbers of items: `items.0.price`;
 * '' when that is nowhere in particular. avsc does not say.
 */
export function unreadableAt(reader: Type, writer: Type, bytes: Buffer, begin: number): string {
  let at = begin

  /** Reads one part. `undefined`: it can be read; else where in it not. */
  function failureIn(wanted: Type | undefined, written: Type): readonly string[] | undefined {
    if (isUnion(written)) {
      const branch = written.types[Number(take(long))]
      return branch === undefined ? [] : failureIn(wanted, branch)
    }
    const target = wanted !== undefined && isUnion(wanted) ? branchFor(wanted, written) : wanted
    switch (written.typeName) {
      case 'record':
        for (const { name, type } of (written as types.RecordType).fields) {
          const field = (target as types.RecordType | undefined)?.fields?.find(
            (field) => field.name === name || field.aliases.includes(name),
          )
          const failure = failureIn(field?.type, type)
          if (failure !== undefined) return [name, ...failure]
        }
        return undefined
      case 'array': {
        const items = (target as types.ArrayType | undefined)?.itemsType
        return failureAmong(String, items, (written as types.ArrayType).itemsType)
      }
      case 'map': {
        const values = (target as types.MapType | undefined)?.valuesType
        return failureAmong(() => String(take(text)), values, (written as types.MapType).valuesType)
      }
      default:
        try {
          take(target ?? written, target?.createResolver(written, { ignoreNamespaces: true }))
          return undefined
        } catch {
          return []
        }
    }
  }

  function failureAmong(
    nameOf: (index: number) => string,
    wanted: Type | undefined,
    written: Type,
  ): readonly string[] | undefined {
    let index = 0
    for (let left = Number(take(long)); left !== 0; left = Number(take(long))) {
      if (left < 0) take(long)
      if (Math.abs(left) > bytes.length - at) return []
      for (let i = Math.abs(left); i > 0; i -= 1) {
        const name = nameOf(index++)
        const failure = failureIn(wanted, written)
        if (failure !== undefined) return [name, ...failure]
      }
    }
    return undefined
  }

  function take(type: Type, resolver?: Parameters<Type['decode']>[2]): unknown {
    const { value, offset } = type.decode(bytes, at, resolver)
    if (offset < 0) throw new Error('it ends too early')
    at = offset
    return value
  }

  try {
    return (failureIn(reader, writer) ?? []).join('.')
  } catch {
    return ''
  }
}

function isUnion(type: Type): type is types.UnwrappedUnionType {
  return type.typeName.startsWith('union')
}

/** The branch that takes a value of a type; for one of several numbers, the union itself. */
function branchFor(union: types.UnwrappedUnionType, written: Type): Type {
  return union.types.find(({ typeName }) => typeName === written.typeName) ?? union
}

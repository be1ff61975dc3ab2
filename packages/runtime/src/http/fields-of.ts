/** A field, however deep it is. */
export interface Field {
  /** A JSON pointer. */
  readonly pointer: string
  readonly value: unknown
  readonly depth: number
}

/** All fields of an object or a list down to a depth, one above those in it. */
export function* fieldsOf(value: object, depthMax: number, pointer = '', depth = 1): Generator<Field> {
  for (const [name, part] of Object.entries(value)) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    yield { pointer: at, value: part, depth }
    if (typeof part === 'object' && part !== null && depth < depthMax) {
      yield* fieldsOf(part, depthMax, at, depth + 1)
    }
  }
}

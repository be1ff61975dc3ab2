import Type, { type TSchema } from 'typebox'

/** A parameter as it arrives; one that is given several times is a list. */
type Given = string | readonly string[]

/**
 * Makes a function that reads a path or query parameter as its schema wants it: text is all that an address can hold.
 * What cannot be read stays text, for the check to find.
 */
export function coercer(schema: TSchema): (given: Given) => unknown {
  if (Type.IsArray(schema)) {
    const item = scalarCoercer(schema.items)
    return (given) => (typeof given === 'string' ? [item(given)] : given.map(item))
  }
  const scalar = scalarCoercer(schema)
  return (given) => (typeof given === 'string' ? scalar(given) : given)
}

function scalarCoercer(schema: TSchema): (text: string) => unknown {
  const kinds = new Set(kindsOf(schema))
  if (kinds.has('string')) return (text) => text
  const numeric = kinds.has('integer') || kinds.has('number')
  const truth = kinds.has('boolean')
  return (text) => {
    if (numeric && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
    if (truth && (text === 'true' || text === 'false')) return text === 'true'
    return text
  }
}

function kindsOf(schema: TSchema): readonly string[] {
  const { type, enum: values, anyOf } = schema as { type?: string; enum?: unknown[]; anyOf?: TSchema[] }
  if (type !== undefined) return [type]
  return values?.map((value) => typeof value) ?? anyOf?.flatMap(kindsOf) ?? []
}

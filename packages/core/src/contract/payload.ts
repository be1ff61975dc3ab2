/** What is read of a payload's schema here. */
interface Form {
  readonly type?: unknown
  readonly anyOf?: readonly Form[]
  readonly allOf?: readonly Form[]
  readonly const?: unknown
  readonly items?: Form | readonly Form[]
  readonly properties?: Readonly<Record<string, Form>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Form>>
}

/**
 * What of a payload cannot go over a wire with schemas of its own: each fault with the path of its field. Names and
 * defaults, and parts of which the schema says nothing, are the business of the codec that writes them.
 */
export function payloadFaults(schema: Form, path = ''): string[] {
  const here = (what: string): string[] => [`field ${path}: ${what}`]
  if (schema.allOf !== undefined) return here('an intersection; list all fields in one object')
  if (schema.anyOf !== undefined) return unionFaults(schema.anyOf, path)
  if (schema.type === 'array') {
    const { items } = schema
    if (Array.isArray(items)) return here('a tuple; use an object, or an array of one type')
    return items === undefined ? [] : payloadFaults(items as Form, `${path}[]`)
  }
  if (schema.type !== 'object') return []
  const [values] = Object.values(schema.patternProperties ?? {})
  if (values !== undefined) return payloadFaults(values, `${path}{}`)
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length === 0 && path !== '') {
    return here('an object without fields; say which, or use Type.Record')
  }
  return fields.flatMap(([name, field]) => {
    const within = path === '' ? name : `${path}.${name}`
    const isNullable = field.anyOf?.some(({ type }) => type === 'null') === true
    return isNullable && schema.required?.includes(name) !== true
      ? [`field ${within}: both optional and nullable; one of the two is enough`]
      : payloadFaults(field, within)
  })
}

/** A union is a choice of literal strings, or one type; either way null may be among them. */
function unionFaults(branches: readonly Form[], path: string): string[] {
  const values = branches.filter(({ type }) => type !== 'null')
  if (values.every((branch) => typeof branch.const === 'string')) return []
  return values.length === 1
    ? payloadFaults(values[0]!, path)
    : [`field ${path}: a union of several types; only one type, or literal strings, and null can be in one`]
}

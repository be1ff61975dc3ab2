/** A value of a schema, always the same one: with every field that may be there, and one element in each list. */
export function sampleOf(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return null
  const { type, properties, items, anyOf, ...rest } = schema as Record<string, unknown>
  if ('default' in rest) return rest['default']
  if ('const' in rest) return rest['const']
  if (Array.isArray(rest['enum'])) return rest['enum'][0]
  if (Array.isArray(anyOf)) return sampleOf(anyOf[0])
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, property]) => [name, sampleOf(property)]),
      )
    case 'array':
      return items === undefined ? [] : [sampleOf(items)]
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    default:
      return null
  }
}

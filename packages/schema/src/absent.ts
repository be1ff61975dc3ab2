import { isOptional, type JsonSchema, valuesOf } from './json-schema.ts'

/** Turns a decoded value into what the event's type promises. It may change the value that it is given. */
export type Mend = (value: any) => any

/**
 * Avro says null for a property that is absent. This makes it absent again, in the records that have such
 * properties and nowhere else.
 */
export function absentAgain(schema: JsonSchema): Mend {
  return mendOf(schema) ?? ((value) => value)
}

/** `undefined` when nothing in the schema can be absent, so that nothing has to be looked at. */
function mendOf(schema: JsonSchema): Mend | undefined {
  const values = valuesOf(schema) ?? (schema.items as JsonSchema | undefined)
  if (values !== undefined) return eachValue(mendOf(values))
  if (schema.properties !== undefined) return eachProperty(schema, schema.properties)
  const branch = schema.anyOf?.find(({ type }) => type === 'array' || type === 'object')
  const mend = branch && mendOf(branch)
  return mend && ((value) => (value === null ? null : mend(value)))
}

function eachValue(mend: Mend | undefined): Mend | undefined {
  return (
    mend &&
    ((values) => {
      for (const key of Object.keys(values)) values[key] = mend(values[key])
      return values
    })
  )
}

function eachProperty(
  schema: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
): Mend | undefined {
  const fields = Object.entries(properties).map(([name, property]) => ({
    name,
    optional: isOptional(schema, name),
    mend: mendOf(property),
  }))
  if (!fields.some(({ optional, mend }) => optional || mend)) return undefined
  return (record) => {
    // A new object: deleting from the old one would make it slow for whoever reads it.
    const present: Record<string, unknown> = {}
    for (const { name, optional, mend } of fields) {
      const value = record[name]
      if (value === null && optional) continue
      present[name] = mend === undefined ? value : mend(value)
    }
    return present
  }
}

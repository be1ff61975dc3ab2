/** What a TypeBox schema is at run time: JSON Schema, as far as Waybill derives Avro from it. */
export interface JsonSchema {
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  /** A list of schemas for a tuple. */
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** The values of a `Type.Record` under one pattern for its keys. */
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
}

/** Whether an object may lack a property. */
export function isOptional(object: JsonSchema, property: string): boolean {
  return !object.required?.includes(property)
}

/** The schema of the values of a `Type.Record`; `undefined` for any other object. */
export function valuesOf(object: JsonSchema): JsonSchema | undefined {
  return Object.values(object.patternProperties ?? {})[0]
}

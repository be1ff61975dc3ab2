import type { TSchema } from 'typebox'

/** What the parts of a JSON schema say that an example can be made from. */
interface Described {
  readonly type?: string
  readonly format?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly TSchema[]
  readonly items?: TSchema
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly minimum?: number
  readonly minItems?: number
  readonly minLength?: number
  readonly maxLength?: number
}

const formats: Readonly<Record<string, string>> = {
  uuid: '01920000-0000-7000-8000-000000000000',
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  email: 'demo@example.com',
  uri: 'https://example.com/',
}

/** A value that should fit a schema: its own example if it gives one, else the simplest. `undefined`: it says nothing. */
export function exampleOf(schema: TSchema): unknown {
  const described = schema as Described
  const { examples, anyOf, enum: values, properties, items } = described
  const said = [examples?.[0], described.default, described.const, values?.[0]].find(
    (value) => value !== undefined,
  )
  if (said !== undefined) return said
  if (anyOf !== undefined) return exampleOf(anyOf[0]!)
  switch (described.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, part]) => [name, exampleOf(part)]),
      )
    case 'array':
      return Array.from({ length: Math.max(1, described.minItems ?? 1) }, () => exampleOf(items!))
    case 'string':
      return (
        formats[described.format ?? ''] ??
        'text'.padEnd(described.minLength ?? 0, ' text').slice(0, described.maxLength)
      )
    case 'integer':
    case 'number':
      return described.minimum ?? 1
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return undefined
  }
}

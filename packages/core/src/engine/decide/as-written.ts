import type { EventDef } from '../../contract/event.ts'
import type { Codec } from '../../ports/codec.ts'

type Payload = Readonly<Record<string, unknown>>

/**
 * What a new event says once it is read again: that is what is folded, now as later. A payload may be made from a larger
 * object, whose other fields are not written, and lack what reading fills in.
 */
export function asWritten(event: EventDef, data: Payload, payload: Uint8Array, codec: Codec): Payload {
  return isExact(event.schema, data) ? data : codec.decode(event, payload)
}

/** What is read of a payload's schema here. */
interface Form {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, Form>>
  readonly items?: Form
  readonly default?: unknown
}

type Check = (value: unknown) => boolean

const known = new WeakMap<object, Check>()

/** Whether it certainly comes back as it is. Nearly every event does, and reading each one would cost more than that. */
function isExact(schema: object, data: Payload): boolean {
  let check = known.get(schema)
  if (check === undefined) known.set(schema, (check = checkOf(schema)))
  return check(data)
}

function checkOf({ type, properties, items }: Form): Check {
  if (type === 'object' && properties !== undefined) return fieldsCheck(properties)
  if (type === 'array' && items !== undefined) {
    const check = checkOf(items)
    return (value) => Array.isArray(value) && value.every(check)
  }
  return isPlainValue
}

function fieldsCheck(properties: Readonly<Record<string, Form>>): Check {
  const checks = new Map(Object.entries(properties).map(([name, form]) => [name, checkOf(form)]))
  const filledIn = Object.keys(properties).filter((name) => properties[name]!.default !== undefined)
  return (value) => {
    if (typeof value !== 'object' || value === null) return false
    for (const name in value) {
      if (checks.get(name)?.((value as Payload)[name]) !== true) return false
    }
    return filledIn.every((name) => name in value)
  }
}

/** Of an object in a union or a map nobody here knows what is written of it. */
function isPlainValue(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && !Object.is(value, -0))
}

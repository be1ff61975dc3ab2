import { type EventDef, WaybillError } from '@waybill/core'
import type { Type, types } from 'avsc'

/** The error for bytes that cannot be read as a payload of the event. */
export function payloadUnreadable(event: EventDef, what: string, cause?: unknown): WaybillError {
  return new WaybillError('PAYLOAD_UNREADABLE', `${event.type}: ${what}`, { cause })
}

/** The error for a value that does not fit the event's schema. */
export function payloadInvalid(event: EventDef, what: string): WaybillError {
  return new WaybillError('PAYLOAD_INVALID', `${event.type}: ${what}`)
}

/**
 * Where a value does not fit its type, each place by its path: `items.0.quantity is missing, not long`.
 * It tells kinds, not values, as avsc would: a payload may hold what does not belong into a log.
 */
export function misfitsOf(type: Type, value: unknown): string {
  const found: string[] = []
  type.isValid(value, {
    errorHook(path, part, expected) {
      found.push(`${path.join('.') || 'the payload'} is ${kindOf(part)}, not ${nameOf(expected)}`)
    },
  })
  return found.join('; ')
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return `a ${typeof value}`
  return Number.isFinite(value) ? 'a fraction or too large' : String(value)
}

function nameOf(type: Type): string {
  if (type.typeName === 'enum') return `one of ${(type as types.EnumType).symbols.join(', ')}`
  return type.typeName.startsWith('union')
    ? (type as types.UnwrappedUnionType).types.map(nameOf).join(' or ')
    : type.typeName
}

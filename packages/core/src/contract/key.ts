import type { TObject } from 'typebox'
import { WaybillError } from '../errors.ts'
import { isPromised } from './at-once.ts'
import { unknownField } from './fields.ts'

/** The fields of a payload or row that can name something: those that are always there, a string or an integer. */
export type KeyField<D> = {
  [F in keyof D & string]-?: Pick<D, F> extends { readonly [K in F]: string | number } ? F : never
}[keyof D & string]

/**
 * The text of what was found as a key or id. Nothing else becomes one: `undefined` would be an entity of its own, for all.
 * @param what names the place
 * @throws KEY_INVALID
 */
export function keyText(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  if (Number.isSafeInteger(value)) return String(value)
  throw new WaybillError('KEY_INVALID', `${what} is ${nameOf(value)}; it takes a string or an integer.`)
}

/** The same for one, or a list. */
export function keyTexts(value: unknown, what: string): string | readonly string[] {
  if (!Array.isArray(value)) return keyText(value, what)
  // Nearly always texts already: each event comes through here.
  if (value.every((one) => typeof one === 'string')) return value
  return value.map((one, index) => keyText(one, `${what}, number ${index + 1} of the list,`))
}

function nameOf(value: unknown): string {
  if (isPromised(value)) return 'a Promise'
  if (typeof value === 'object' && value !== null) return value instanceof Date ? 'a Date' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Why a field cannot be a key; `undefined`: it can. */
export function keyFault(owner: string, schema: TObject, field: string): string | undefined {
  const property: Form | undefined = schema.properties[field]
  if (property === undefined) return unknownField(owner, schema, field)
  const takes = 'a key takes a required string or integer'
  if (!(schema.required ?? []).includes(field)) return `${owner}.${field} is optional; ${takes}`
  return canName(property) ? undefined : `${owner}.${field} is neither a string nor an integer; ${takes}`
}

/** What is read of a schema here. */
interface Form {
  readonly type?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Form[]
  readonly $ref?: string
}

function canName(form: Form): boolean {
  if (form.anyOf !== undefined) return form.anyOf.every(canName)
  const values = form.enum ?? ('const' in form ? [form.const] : undefined)
  if (values !== undefined) return values.every((one) => typeof one === 'string' || Number.isInteger(one))
  // What another schema says is seen when it is used.
  return form.type === 'string' || form.type === 'integer' || form.$ref !== undefined
}

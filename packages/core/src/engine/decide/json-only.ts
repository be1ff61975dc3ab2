import { WaybillError } from '../../errors.ts'

/**
 * Refuses what would not come back from a database as it was: only what JSON can hold is a state, a row, a reply.
 * @param what names it, for the message
 * @throws DECIDE_FAILED naming the place in it
 */
export function checkJson(value: unknown, what: () => string): void {
  if (isJson(value)) return
  const { path, is } = fault(value, '')
  const place = path === '' ? 'it' : path.replace(/^\./, '')
  throw new WaybillError(
    'DECIDE_FAILED',
    `${what()} is not what JSON can hold: ${place} is ${is}. Use text, finite numbers, booleans, null, lists and plain objects; leave out what is not there.`,
  )
}

function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (Array.isArray(value)) return isJsonList(value)
  if (!isPlain(value)) return false
  for (const name in value) if (!isJson((value as Record<string, unknown>)[name])) return false
  return true
}

/** A hole is `undefined` here, and would come back as null. */
function isJsonList(list: readonly unknown[]): boolean {
  for (let n = 0; n < list.length; n += 1) if (!isJson(list[n])) return false
  return true
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Where it is not, and what stands there. */
function fault(value: unknown, path: string): { readonly path: string; readonly is: string } {
  if (typeof value === 'object' && value !== null && (Array.isArray(value) || isPlain(value))) {
    const parts = Array.isArray(value) ? Array.from(value, (part, n) => [n, part]) : Object.entries(value)
    for (const [name, part] of parts as [string | number, unknown][]) {
      if (!isJson(part)) return fault(part, typeof name === 'number' ? `${path}[${name}]` : `${path}.${name}`)
    }
  }
  return { path, is: kindOf(value) }
}

function kindOf(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const name = value.constructor.name
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
}

import type { EventDef } from './contract/event.ts'
import { WaybillError } from './errors.ts'

/**
 * The sizes that hold everywhere, on every store and log. What exceeds one is refused where it enters, with
 * LIMIT_EXCEEDED, which names the event, the field and the limit: never later, where it would hold up others.
 */
export const sizes = {
  /** UTF-8 bytes of an event's key, an entity's id and the key of a view's row. A database's index has to take it, with a prefix. */
  keyBytesMax: 1_000,
  /** Bytes of an encoded payload: with its headers it goes into a Kafka record of the default size. */
  payloadBytesMax: 512 * 1024,
  /** How deep objects and lists may stand in each other in a payload. */
  depthMax: 64,
  /** Entities that one `.at(…)` may name. */
  idsMax: 1_000,
  /** Events in one page of a log, a history, or of what is due … */
  pageEventsMax: 1_000,
  /** … and the bytes of their payloads: a page ends with the event that reaches it. */
  pageBytesMax: 8 * 1024 * 1024,
  /** The text that is kept of an error. */
  errorTextMax: 2_000,
} as const

/** @throws LIMIT_EXCEEDED when it is too long for a key, KEY_INVALID when no store would keep it; `what` names its place */
export function checkKey(key: string, what: () => string): void {
  if (!key.isWellFormed()) {
    // A store would keep another one, and say that there is none like this.
    throw new WaybillError(
      'KEY_INVALID',
      `${what()} holds half a character, one surrogate without its other.`,
    )
  }
  if (isTooLong(key)) {
    exceeded(`${what()} is ${bytesOf(key)} bytes long; at most ${sizes.keyBytesMax} are allowed`)
  }
}

/** @throws LIMIT_EXCEEDED when these are too many, and what `checkKey` throws of one of them */
export function checkIds(ids: readonly string[], what: () => string): void {
  if (ids.length > sizes.idsMax) {
    exceeded(`${what()}, names ${ids.length} entities; at most ${sizes.idsMax} are allowed`)
  }
  for (const id of ids) checkKey(id, () => `An id of ${what()},`)
}

/** @throws LIMIT_EXCEEDED when a payload is too large or too deep */
export function checkPayload({ type, schema }: EventDef, data: object, payload: Uint8Array): void {
  if (payload.length > sizes.payloadBytesMax) {
    exceeded(
      `The payload of ${type} is ${payload.length} bytes long${largestField(data)}; at most ${sizes.payloadBytesMax} are allowed`,
    )
  }
  if (mayBeDeep(schema) && isDeeper(data, sizes.depthMax)) {
    exceeded(`The payload of ${type} is more than ${sizes.depthMax} levels deep`)
  }
}

/** Whether a text is longer than a key may be. */
export function isTooLong(key: string): boolean {
  // No character takes more than three bytes for each of its units.
  return key.length * 3 > sizes.keyBytesMax && bytesOf(key) > sizes.keyBytesMax
}

function bytesOf(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    // Each half of a pair counts two, half of its four bytes.
    if (code > 0x7f) bytes += code > 0x7ff && (code & 0xf800) !== 0xd800 ? 2 : 1
  }
  return bytes
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1))
}

const deep = new WeakMap<object, boolean>()

/** Only where a schema says nothing of a part, or refers to another, a payload can be deeper than its schema is. */
function mayBeDeep(schema: object): boolean {
  let found = deep.get(schema)
  if (found === undefined) {
    found = isOpenEnded(schema) || isDeeper(schema, sizes.depthMax)
    deep.set(schema, found)
  }
  return found
}

function isOpenEnded(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  const { properties, items, anyOf, allOf, $ref, type, ...rest } = schema as Record<string, unknown>
  const parts = [...Object.values(properties ?? {}), items ?? [], anyOf ?? [], allOf ?? []].flat()
  const isClosed = type !== undefined || 'const' in rest || 'enum' in rest || parts.length > 0
  return $ref !== undefined || !isClosed || parts.some(isOpenEnded)
}

/** Most of what is too large is so by one field. */
function largestField(data: object): string {
  const [largest] = Object.entries(data)
    .map(([name, value]) => ({ name, length: JSON.stringify(value)?.length ?? 0 }))
    .sort((a, b) => b.length - a.length)
  return largest === undefined ? '' : `, most of it ${largest.name}`
}

function exceeded(message: string): never {
  throw new WaybillError('LIMIT_EXCEEDED', `${message}.`)
}

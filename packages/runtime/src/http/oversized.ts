import { sizes } from '@waybill/core'
import { fieldsOf } from './fields-of.ts'
import type { FieldError } from './problem.ts'

/**
 * What in an input exceeds one of the sizes that hold everywhere. An input by itself has no limit but that of its body:
 * whether it is too large shows only when an event, a key or a list of ids is made of it. So this is for an input of
 * which that has been found, to tell its sender where.
 * @returns the fields of the first kind that there are: too deep, too much, too many, too long for a key
 */
export function oversized(input: Readonly<Record<string, unknown>>): readonly FieldError[] {
  const all = [...fieldsOf(input, sizes.depthMax + 1)]
  const deepest = all.filter(({ depth }) => depth > sizes.depthMax)
  if (deepest.length > 0) {
    const tops = new Set(deepest.map(({ pointer }) => `/${pointer.split('/')[1]}`))
    return [...tops].map((pointer) => ({ pointer, detail: `is more than ${sizes.depthMax} levels deep` }))
  }
  if (jsonBytes(input) > sizes.payloadBytesMax) {
    const [largest] = all
      .filter(({ depth }) => depth === 1)
      .map(({ pointer, value }) => ({ pointer, bytes: jsonBytes(value) }))
      .sort((a, b) => b.bytes - a.bytes)
    return [{ pointer: largest!.pointer, detail: `is too large: ${largest!.bytes} bytes` }]
  }
  const long = all.filter(({ value }) => Array.isArray(value) && value.length > sizes.idsMax)
  if (long.length > 0) {
    return long.map(({ pointer }) => ({ pointer, detail: `must not have more than ${sizes.idsMax} items` }))
  }
  return all
    .filter(({ value }) => typeof value === 'string' && Buffer.byteLength(value) > sizes.keyBytesMax)
    .map(({ pointer }) => ({ pointer, detail: `must not have more than ${sizes.keyBytesMax} bytes` }))
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}

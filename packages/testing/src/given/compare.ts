import assert from 'node:assert/strict'
import { Matcher } from './any.ts'

/**
 * Compares deeply, with matchers in the expected value. A field that is `undefined` equals one that is missing:
 * stored as bytes they are the same.
 * @throws AssertionError with a diff
 */
export function assertSame(actual: unknown, expected: unknown, message?: string): void {
  const [left, right] = [settled(actual, actual), settled(expected, actual)]
  if (message === undefined) assert.deepEqual(left, right)
  else assert.deepEqual(left, right, message)
}

/** A copy without undefined fields, in which each matcher that fits is replaced by the value that it fits. */
function settled(value: unknown, actual: unknown): unknown {
  if (value instanceof Matcher) return value.matches(actual) ? settled(actual, actual) : value
  if (Array.isArray(value)) return value.map((part, index) => settled(part, at(actual, index)))
  if (!isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, settled(part, at(actual, name))]),
  )
}

function at(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string | number, unknown>)[name]
    : undefined
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/**
 * The value itself, frozen all the way down: who changes it gets a TypeError at the place of the change.
 * Only plain data is frozen; what a decide may mutate without anybody seeing it (a Date, bytes) is left.
 */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const isPlain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))
  if (!isPlain) return value
  Object.freeze(value)
  for (const part of Object.values(value)) frozen(part)
  return value
}

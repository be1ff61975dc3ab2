import { WaybillError } from '../errors.ts'

/**
 * What a rule has given, if it has given it at once.
 * @param what names the rule
 * @throws DECIDE_FAILED when it is a Promise
 */
export function atOnce<T>(value: T, what: string): T {
  if (!isPromised(value)) return value
  throw new WaybillError(
    'DECIDE_FAILED',
    `${what} returned a Promise: it must not be async. What has to be waited for belongs into an effect.`,
  )
}

/** Whether a rule has given a Promise. Nobody will wait for it: should it fail as well, that must not end the process. */
export function isPromised(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { then } = value as Partial<PromiseLike<unknown>>
  if (typeof then !== 'function') return false
  then.call(value, undefined, () => {})
  return true
}

import { inspect } from 'node:util'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Stands in an expected payload for a value that the test does not know. */
export class Matcher {
  readonly #name: string
  readonly matches: (value: unknown) => boolean

  constructor(name: string, matches: (value: unknown) => boolean) {
    this.#name = name
    this.matches = matches
  }

  /** How it shows in a diff. */
  [inspect.custom](): string {
    return this.#name
  }
}

/**
 * Any value in this place of an expected payload: `PaymentCompleted({ …, paymentId: any() })`.
 * @param check what it must fulfil; without one every value but `undefined` will do
 */
export function any<T = any>(check: (value: T) => boolean = () => true): T {
  return new Matcher('any()', (value) => value !== undefined && check(value as T)) as T
}

/** Any UUID in this place of an expected payload. */
export function anyId(): string {
  return new Matcher('anyId()', (value) => typeof value === 'string' && uuid.test(value)) as unknown as string
}

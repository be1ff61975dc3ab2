import assert from 'node:assert/strict'
import type { Emitted, EventDef, Refusal } from '@waybill/core'
import { isRefusal } from '@waybill/core'
import type { TSchema } from 'typebox'
import { Errors } from 'typebox/value'
import { assertSame } from './compare.ts'

type Decided = readonly Emitted[] | Refusal

/**
 * Decides, and checks what holds for every decision: the same twice, only declared events, payloads that fit.
 * @param decide is run twice with fresh metas: a clock, randomness or memory of its own shows as a difference
 */
export function decided<D extends Decided>(emits: readonly EventDef[], decide: () => D): D {
  const decision = decide()
  assertSame(plain(decide()), plain(decision), 'the decide is not pure: a second run gave something else')
  if (isRefusal(decision)) return decision
  for (const { event, data } of decision as readonly Emitted[]) {
    assert.ok(emits.includes(event), `decided on ${event.type}, which emits(…) does not declare`)
    assertFits(event.schema, data, event.type)
  }
  return decision
}

/** @throws AssertionError naming each field that does not fit */
export function assertFits(schema: TSchema, value: unknown, what: string): void {
  const faults = Errors(schema, value).map((error) => `${error.instancePath || '/'} ${error.message}`)
  assert.deepEqual(faults, [], `${what} does not fit its schema: ${faults.join('; ')}`)
}

/** A decision without the definitions in it, as it is compared and shown. */
export function plain(decision: Decided): unknown {
  if (isRefusal(decision)) return decision
  return decision.map(({ type, data, laterMs }) =>
    laterMs === undefined ? { type, data } : { type, laterMs, data },
  )
}

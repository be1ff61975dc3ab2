import { frozen } from '@waybill/core'
import assert from 'node:assert/strict'
import type { Emitted, HandlerDef, Outcome } from '@waybill/core'
import { assertFits, decided } from './decision.ts'
import { after, assertPastMatters, load, type Past, statesFor, wantedBy } from './states.ts'
import { type MetaOptions, testMeta } from './test-meta.ts'
import { compareWith, type Then } from './then.ts'

/** An event reaches a handler. */
export function whenEvent(
  past: readonly Past[],
  outcome: Outcome<unknown> | undefined,
  handler: HandlerDef,
  event: Emitted,
  options: MetaOptions,
): Then<Emitted, never> {
  const { targets, emits, effect, observes } = handler
  const { type, data } = event
  assert.equal(type, handler.event.type, `the handler is on ${handler.event.type}`)
  assertFits(handler.event.schema, data, type)
  assertPastMatters(past, targets)
  if (effect === undefined) assert.equal(outcome, undefined, 'the handler has no effect that could answer')
  else
    assert.ok(outcome, 'the handler has an effect: say before how it ended, outcome(…) or outcomeUnknown()')

  const loaded = load(past, wantedBy(targets, frozen(data)))
  const states = statesFor(targets, data, loaded)
  const decision = decided(emits, () =>
    handler.decide(states, data, { ...testMeta(options), outcome: frozen(outcome) }),
  )
  const happened = observes ? [event, ...decision] : decision
  return compareWith(decision, after(loaded, happened, options.at), () =>
    assert.fail('a handler gives no reply'),
  )
}

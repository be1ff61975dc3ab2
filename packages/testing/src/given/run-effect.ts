import { frozen } from '@waybill/core'
import assert from 'node:assert/strict'
import type { Caller, CommandDef, EffectIo, Emitted, HandlerDef } from '@waybill/core'
import { assertFits } from './decision.ts'
import { assertPastMatters, load, type Past, statesFor, wantedBy } from './states.ts'
import { testCaller } from './test-meta.ts'

/** What an effect meets in a test; what is left out is quiet: no answer to `ask`, numbers from 1, no abort. */
export type IoStub = Partial<EffectIo> & { readonly caller?: Caller }

/** Runs a handler's or command's effect against stubs and gives what it answered. */
export async function runEffect(
  past: readonly Past[],
  part: HandlerDef | CommandDef,
  arriving: unknown,
  stub: IoStub,
): Promise<unknown> {
  const io = { ...quietIo(), caller: testCaller, ...stub }
  assert.ok(part.effect, 'there is no effect')
  if (!('event' in part)) return part.effect.run(frozen(arriving), io)
  const { data } = arriving as Emitted
  assertFits(part.event.schema, data, part.event.type)
  assertPastMatters(past, part.targets)
  const states = statesFor(part.targets, data, load(past, wantedBy(part.targets, frozen(data))))
  return part.effect.run(states, data, io)
}

function quietIo(): EffectIo {
  const numbers = new Map<string, number>()
  return {
    idempotencyKey: 'test-idempotency-key',
    signal: new AbortController().signal,
    ask: (query) => assert.fail(`the effect asks ${query.name}: give an \`ask\` that answers`),
    nextNumber: (sequence) => {
      const next = (numbers.get(sequence) ?? 0) + 1
      numbers.set(sequence, next)
      return Promise.resolve(next)
    },
  }
}

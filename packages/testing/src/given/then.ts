import assert from 'node:assert/strict'
import { type Emitted, type EntityDef, isRefusal, type Refusal, type RefusalKind } from '@waybill/core'
import { assertSame } from './compare.ts'
import { plain } from './decision.ts'
import type { Loaded } from './states.ts'

/** What holds after a decision. */
export interface After<O> {
  /** The state of a loaded entity, the decided events folded in. The id may be left out if there is only one. */
  state<S>(entity: EntityDef<S>, id?: string): S
  /** What the sender of the command gets. */
  thenReplies(expected: O): After<O>
}

/** A decision, to be compared with the expected one. */
export interface Then<E extends Emitted, O> extends After<O> {
  /** Exactly these events, in this order; a deadline with its delay: `later({ minutes: 5 }, OrderOverdue({ … }))`. */
  then(...events: readonly E[]): After<O>
  thenNothing(): After<O>
  thenRefused(code: string, how?: { readonly pointer?: string; readonly kind?: RefusalKind }): void
}

/** Wraps a decision and what follows from it for comparison. */
export function compareWith<E extends Emitted, O>(
  decision: readonly Emitted[] | Refusal,
  loaded: readonly Loaded[],
  reply: () => unknown,
): Then<E, O> {
  const after: After<O> = {
    state: (entity, id) => stateOf(loaded, entity, id),
    thenReplies: (expected) => {
      assertSame(reply(), expected)
      return after
    },
  }
  const then = (...events: readonly Emitted[]): After<O> => {
    // The name that reads best makes the object look like a promise; JavaScript calls it with two functions.
    assert.ok(typeof events[0] !== 'function', 'given(…).when(…) is no promise: do not await or return it')
    assertSame(plain(decision), plain(events))
    return after
  }
  return {
    ...after,
    then,
    thenNothing: () => then(),
    thenRefused: (code, how = {}) => {
      assert.ok(isRefusal(decision), `not refused, but decided: ${JSON.stringify(plain(decision))}`)
      const { pointer, kind } = decision
      assertSame(
        { code: decision.code, ...('pointer' in how && { pointer }), ...('kind' in how && { kind }) },
        { code, ...how },
      )
    },
  }
}

function stateOf<S>(loaded: readonly Loaded[], entity: EntityDef<S>, id: string | undefined): S {
  const ofKind = loaded.filter((one) => one.entity.name === entity.name)
  const found = id === undefined ? ofKind : ofKind.filter((one) => one.id === id)
  const ids = ofKind.map((one) => one.id).join(', ')
  assert.equal(found.length, 1, `state of ${entity.name} ${id ?? ''}: say which of those loaded: ${ids}`)
  return found[0]!.state as S
}

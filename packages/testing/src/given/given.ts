import type { CommandDef, Emitted, EntityDef, EventDef, HandlerDef, Outcome } from '@waybill/core'
import { type IoStub, runEffect } from './run-effect.ts'
import { load, type Past } from './states.ts'
import type { MetaOptions } from './test-meta.ts'
import type { Then } from './then.ts'
import { type CommandOptions, whenCommand } from './when-command.ts'
import { whenEvent } from './when-event.ts'

/** A past, and what may happen next. */
export interface Given {
  /** What else happened, to every loaded entity of this kind. */
  and(entity: EntityDef, ...past: readonly Emitted[]): Given
  /** What else happened, to one entity. */
  and(entity: EntityDef, id: string, ...past: readonly Emitted[]): Given
  /** The handler's effect answered so. */
  outcome(value: unknown): Given
  /** The handler's effect gave no answer within its time. */
  outcomeUnknown(): Given
  /**
   * This event reaches the handler. If the service itself emitted it, the entity has evolved by it before: it belongs
   * to the past, too.
   */
  when<E extends EventDef>(
    handler: HandlerDef<E>,
    event: Emitted,
    options?: MetaOptions,
  ): Then<Emitted<E['type']>, never>
  /** This command is sent. */
  when<I, O>(command: CommandDef<I, O>, input: I, options?: CommandOptions): Then<Emitted, O>
  /** The state that this past has made; of which entity of its kind matters only where the past names one. */
  state<S>(entity: EntityDef<S>, id?: string): S
  /** Runs the effect of a handler or command against stubs; gives what it answers, for `outcome` or `gathered`. */
  effect(handler: HandlerDef, event: Emitted, io?: IoStub): Promise<unknown>
  effect<I>(command: CommandDef<I>, input: I, io?: IoStub): Promise<unknown>
}

/**
 * A test of a decision without engine, store or log: given these events, when this arrives, then those.
 *
 *     given(Stock, '1', StockReceived({ … })).when(reserve, OrderCreated({ … })).then(StockReserved({ … }))
 *
 * With an id the events happened to that entity, without one to every loaded entity of the kind.
 * Every run also checks that the decide is pure, emits only what it declares, and makes payloads that fit.
 */
export function given(): Given
export function given(entity: EntityDef, ...past: readonly Emitted[]): Given
export function given(entity: EntityDef, id: string, ...past: readonly Emitted[]): Given
export function given(entity?: EntityDef, ...past: readonly (Emitted | string)[]): Given {
  return build(entity === undefined ? [] : [pastOf(entity, past)], undefined)
}

function build(past: readonly Past[], outcome: Outcome<unknown> | undefined): Given {
  return {
    and: (entity: EntityDef, ...more: readonly (Emitted | string)[]) =>
      build([...past, pastOf(entity, more)], outcome),
    outcome: (value) => build(past, { status: 'answered', value }),
    outcomeUnknown: () => build(past, { status: 'unknown' }),
    when: (part: HandlerDef | CommandDef, arriving: unknown, options: CommandOptions = {}): Then<any, any> =>
      'event' in part
        ? whenEvent(past, outcome, part, arriving as Emitted, options)
        : whenCommand(past, part, arriving, options),
    state: <S>(entity: EntityDef<S>, id = 'any') => load(past, [{ entity, id }])[0]!.state as S,
    effect: (part: HandlerDef | CommandDef, arriving: unknown, io: IoStub = {}) =>
      runEffect(past, part, arriving, io),
  }
}

function pastOf(entity: EntityDef, past: readonly (Emitted | string)[]): Past {
  const [first, ...rest] = past
  return typeof first === 'string'
    ? { entity, id: first, events: rest as readonly Emitted[] }
    : { entity, id: undefined, events: past as readonly Emitted[] }
}

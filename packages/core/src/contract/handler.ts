import type { EffectIo, EffectLimits, Outcome } from './effect.ts'
import type { EntityDef, Many } from './entity.ts'
import { decisionOf } from './decision.ts'
import type { Decision, Emitted, EventDef } from './event.ts'
import { type KeyField, keyTexts } from './key.ts'
import type { Meta } from './meta.ts'

/** Which entities a handler decides about. */
export interface Target {
  readonly entity: EntityDef
  /** The payload field that names it; `undefined`: a function does. */
  readonly field: string | undefined
  /**
   * One id: the decide gets that entity's state. A list: it gets a `Many` of them.
   * @throws KEY_INVALID when what it finds names nothing
   */
  select(data: unknown): string | readonly string[]
}

/** A reaction to an event: what it needs, what it may emit, how it decides. */
export interface HandlerDef<Emits extends EventDef = EventDef> {
  readonly event: EventDef
  readonly targets: readonly Target[]
  readonly emits: readonly Emits[]
  /** The received event becomes part of the entities' history as it is. */
  readonly observes: boolean
  readonly effect:
    | { run(states: unknown, data: unknown, io: EffectIo): unknown; readonly limits: EffectLimits }
    | undefined
  decide(
    states: unknown,
    data: unknown,
    meta: Meta & { outcome?: Outcome<unknown> | undefined },
  ): readonly Emitted[]
}

type OneId<D> = KeyField<D> | ((data: D) => string)
/** No state, the one state, or a tuple in the order of the `at`s. */
type Given<S extends readonly unknown[]> = S extends readonly []
  ? undefined
  : S extends readonly [infer One]
    ? One
    : S

export interface Deciding<S extends readonly unknown[], D, E extends EventDef, Extra> {
  /** The decision: pure, from state and event to the events that follow. */
  decide(how: (state: Given<S>, data: D, meta: Meta & Extra) => Decision<E>): HandlerDef<E>
}

export interface Emitting<S extends readonly unknown[], D, Extra> {
  /** All that the decide may return; anything else does not compile. */
  emits<const E extends readonly EventDef[]>(...events: E): Deciding<S, D, E[number], Extra>
}

export interface On<S extends readonly unknown[], D> extends Emitting<S, D, unknown> {
  /** Decide about one entity, named by a payload field or by a function of the payload. */
  at<T>(entity: EntityDef<T>, id: OneId<D>): On<[...S, T], D>
  /** Decide about several entities of one kind: all are loaded together, locked in order. */
  at<T>(entity: EntityDef<T>, ids: (data: D) => readonly string[]): On<[...S, Many<T>], D>
  /** The received event becomes part of the entities' history as it is, without a decision. */
  observe(): HandlerDef<never>
  /**
   * I/O with the outside world, before the decision and outside any transaction: at least once, always with the
   * same idempotency key. It sees the state as it stands; the decide then sees the outcome. An effect that throws
   * is repeated with back-off. Return without I/O where the state says that there is nothing to do.
   */
  effect<R>(
    run: (state: Given<S>, data: D, io: EffectIo) => Promise<R> | R,
    limits?: EffectLimits,
  ): Emitting<S, D, { readonly outcome: Outcome<R> }>
}

/** Starts the declaration of a handler: `on(PaymentCompleted).at(Order, 'orderId').observe()`. */
export function on<D>(event: EventDef<any, D>): On<[], D> {
  return build<[], D>(event, [])
}

function build<S extends readonly unknown[], D>(
  event: EventDef<any, D>,
  targets: readonly Target[],
): On<S, D> {
  const what = `The decide of the handler on ${event.type}`
  const emitting = (effect: HandlerDef['effect']): Emitting<S, D, any> => ({
    emits: (...emits) => ({
      decide: (how) => ({
        event,
        targets,
        emits,
        observes: false,
        effect,
        decide: (states, data, meta) => decisionOf(how(states as Given<S>, data as D, meta), what, emits),
      }),
    }),
  })
  return {
    ...emitting(undefined),
    at: (entity: EntityDef, id: OneId<D> | ((data: D) => readonly string[])) =>
      build<any, D>(event, [...targets, targetOf(event, entity, id)]),
    observe: () => ({
      event,
      targets,
      emits: [],
      observes: true,
      effect: undefined,
      decide: () => [],
    }),
    effect: (run, limits = {}) =>
      emitting({ run: (states, data, io) => run(states as Given<S>, data as D, io), limits }),
  }
}

function targetOf<D>(
  event: EventDef<any, D>,
  entity: EntityDef,
  id: OneId<D> | ((data: D) => readonly string[]),
): Target {
  const field = typeof id === 'string' ? id : undefined
  const find = typeof id === 'string' ? (data: D) => data[id] : id
  const what = `The id of ${entity.name} that ${event.type}${field === undefined ? '' : `.${field}`} names`
  return { entity, field, select: (data) => keyTexts(find(data as D), what) }
}

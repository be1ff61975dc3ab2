import { messageOf, WaybillError } from '../errors.ts'
import { frozen } from '../frozen.ts'
import { atOnce } from './at-once.ts'
import type { EventDef } from './event.ts'
import type { Json } from './json.ts'

/**
 * Folds one event into the state of the entity `id`. Pure; returns the new state and leaves the old one as it is.
 * `at` is when the event became part of its history.
 */
export type Evolve<S> = (state: S, data: any, id: string, at: Date) => S

/**
 * State that changes only by events. Its events are its history: every past state can be rebuilt from them.
 * An entity belongs to exactly one service.
 */
export interface EntityDef<S = any> {
  readonly name: string
  readonly initial: S
  readonly evolves: ReadonlyMap<string, Evolve<S>>
  /** The events on which it evolves. */
  readonly listens: readonly EventDef[]
  /** The same entity, which also changes by this event. */
  evolve<D>(event: EventDef<any, D>, fold: (state: S, data: D, id: string, at: Date) => S): EntityDef<S>
}

/** Several entities of one kind, loaded together. `get` gives the initial state for one that has no history yet. */
export interface Many<S> {
  readonly ids: readonly string[]
  get(id: string | number): S
}

/**
 * Declares an entity.
 * @param name unique in its service, part of its subject: `order` gives `order/0192…`
 * @param initial the state before the first event: what JSON can hold, as each state after it must be; it is frozen
 */
export function entity<S>(name: string, initial: S & Json<S>): EntityDef<S> {
  // Each entity begins with it: an evolve that changed it in place would change all of them.
  return build<S>(name, frozen(initial), new Map(), [])
}

function build<S>(
  name: string,
  initial: S,
  evolves: ReadonlyMap<string, Evolve<S>>,
  listens: readonly EventDef[],
): EntityDef<S> {
  return {
    name,
    initial,
    evolves,
    listens,
    evolve: (event, fold) => {
      const evolve = named(fold, `The evolve of ${name} by ${event.type}`)
      return build(name, initial, new Map([...evolves, [event.type, evolve]]), [...listens, event])
    },
  }
}

/** The same fold, whose failures say what it is. Its text stays that of the rule: `wayOf` knows it by that. */
function named<S>(fold: Evolve<S>, what: string): Evolve<S> {
  const evolve: Evolve<S> = (state, data, id, at) => {
    try {
      return atOnce(fold(state, data, id, at), what)
    } catch (cause) {
      if (cause instanceof WaybillError) throw cause
      const hint = isMutation(cause) ? ' An evolve returns a new state and leaves the old one as it is.' : ''
      throw new WaybillError('DECIDE_FAILED', `${what} failed: ${messageOf(cause)}.${hint}`, { cause })
    }
  }
  return Object.assign(evolve, { toString: () => fold.toString() })
}

/** Whether it was thrown by a change of what is frozen. */
function isMutation(cause: unknown): boolean {
  return cause instanceof TypeError && /not extensible|read only|Cannot delete/.test(cause.message)
}

/** The name under which one entity is stored and its events are found: `order/0192…`. */
export function subjectOf(entity: EntityDef, id: string): string {
  return `${entity.name}/${id}`
}

import type { Static, TObject } from 'typebox'
import { type Duration, toMs } from './duration.ts'
import type { KeyField } from './key.ts'
import { type TopicDef, topic } from './topic.ts'

/**
 * An event: a past-tense fact with a typed, immutable payload.
 * Calling the definition makes one: `OrderCreated({ orderId, … })`. Nothing happens by that alone:
 * a decide returns it, and the engine stores and publishes it.
 */
export interface EventDef<N extends string = string, D = any> {
  (data: D): Emitted<N>
  /** The name, unique in a system; the `ce_type` on the wire and the name of the Avro record. */
  readonly type: N
  readonly schema: TObject
  /** Where it is published; `undefined` for an internal event. */
  readonly topic: TopicDef | undefined
  /** The payload field by which events are kept in order and partitioned; `undefined` for an internal event. */
  readonly key: string | undefined
  /** Whether it is also copied to the long-term archive. */
  readonly archive: boolean
  /** Only for inference. */
  readonly payload?: D
}

/** A new event as a decide returns it, before the engine gives it an id, a position and a time. */
export interface Emitted<N extends string = string> {
  readonly type: N
  readonly event: EventDef<N>
  readonly data: Readonly<Record<string, unknown>>
  /** Milliseconds until it publishes itself; `undefined`: now. */
  readonly laterMs: number | undefined
}

/** The payload type of an event: `PayloadOf<typeof OrderCreated>`. */
export type PayloadOf<E> = E extends EventDef<any, infer D> ? D : never

/** What a decide may return: one event, several in order, or none. */
export type Decision<E extends EventDef> = Emitted<E['type']> | readonly Emitted<E['type']>[] | undefined

function define<N extends string, S extends TObject>(
  type: N,
  schema: S,
  rest: Pick<EventDef, 'topic' | 'key' | 'archive'>,
): EventDef<N, Static<S>> {
  const create = (data: Static<S>): Emitted<N> => ({
    type,
    event: def,
    data,
    laterMs: undefined,
  })
  const def: EventDef<N, Static<S>> = Object.assign(create, { type, schema, ...rest })
  return def
}

/**
 * Declares an event that is published.
 * @param type past tense, unique in the system, e.g. `'OrderCreatedEvent'`
 * @param def.topic the topic's name, or a `topic(…)` with settings
 * @param def.key the payload field whose value keeps order: events with the same value are handled one after the other
 * @param def.archive also kept in the long-term archive; default false
 */
export function event<const N extends string, S extends TObject>(
  type: N,
  def: { topic: string | TopicDef; key: KeyField<Static<S>>; data: S; archive?: boolean },
): EventDef<N, Static<S>> {
  return define(type, def.data, {
    topic: typeof def.topic === 'string' ? topic(def.topic) : def.topic,
    key: def.key,
    archive: def.archive ?? false,
  })
}

/**
 * Declares a fact of one service: stored in its history, seen by its entities and views, never published.
 * A handler `on` an internal event of the same service runs right after the commit that stored it.
 */
export function internal<const N extends string, S extends TObject>(
  type: N,
  def: { data: S },
): EventDef<N, Static<S>> {
  return define(type, def.data, { topic: undefined, key: undefined, archive: false })
}

/**
 * A deadline: an internal event that publishes itself after a while, in the service that emitted it.
 * It belongs to one entity at most. It is not before due, maybe a little later. Whether it is still needed is for its handler to see in the state.
 */
export function later<const N extends string>(after: Duration, emitted: Emitted<N>): Emitted<N> {
  return { ...emitted, laterMs: toMs(after) }
}

import { frozen } from '@waybill/core'
import assert from 'node:assert/strict'
import type { Emitted, EntityDef, Many, Target } from '@waybill/core'
import { testTime } from './test-meta.ts'

/** What happened to an entity before the test begins. Without an id: to every one of its kind that is loaded. */
export interface Past {
  readonly entity: EntityDef
  readonly id: string | undefined
  readonly events: readonly Emitted[]
}

/** An entity that a handler or command decides about. */
export interface Loaded {
  readonly entity: EntityDef
  readonly id: string
  readonly state: unknown
}

/** Folds events into one entity. States and events are frozen: an evolve that mutates fails. */
function fold<S>(entity: EntityDef<S>, id: string, from: S, events: readonly Emitted[], at: Date): S {
  return events.reduce((state, { type, data }) => {
    const evolve = entity.evolves.get(type)
    if (evolve === undefined) return state
    const next = evolve(state, frozen(data), id, at)
    assert.notEqual(next, undefined, `${entity.name} evolves by ${type} to undefined: return the new state`)
    return frozen(next)
  }, frozen(from))
}

/** Loads entities as they are after their past, which happened at `testTime`. */
export function load(past: readonly Past[], wanted: readonly Omit<Loaded, 'state'>[]): readonly Loaded[] {
  return wanted.map(({ entity, id }) => {
    const events = past
      .filter((part) => part.entity.name === entity.name && (part.id === undefined || part.id === id))
      .flatMap((part) => part.events)
    return { entity, id, state: fold(entity, id, entity.initial, events, testTime) }
  })
}

/** The same entities after further events; a deadline among them has not happened yet. */
export function after(
  loaded: readonly Loaded[],
  events: readonly Emitted[],
  at: Date = testTime,
): readonly Loaded[] {
  const happened = events.filter((emitted) => emitted.laterMs === undefined)
  return loaded.map(({ entity, id, state }) => ({ entity, id, state: fold(entity, id, state, happened, at) }))
}

/** The entities that a handler names for an event. */
export function wantedBy(targets: readonly Target[], data: unknown): readonly Omit<Loaded, 'state'>[] {
  return targets.flatMap(({ entity, select }) =>
    [...new Set([select(data)].flat())].map((id) => ({ entity, id })),
  )
}

/** The states in the form that a decide takes: none, the one, or a tuple in the order of the targets. */
export function statesFor(targets: readonly Target[], data: unknown, loaded: readonly Loaded[]): unknown {
  const states = targets.map(({ entity, select }) => {
    const selected = select(data)
    const many = manyOf(entity, [selected].flat(), loaded)
    return typeof selected === 'string' ? many.get(selected) : many
  })
  return states.length <= 1 ? states[0] : states
}

function manyOf(entity: EntityDef, ids: readonly string[], loaded: readonly Loaded[]): Many<unknown> {
  const states = new Map(
    loaded.filter((one) => one.entity.name === entity.name).map(({ id, state }) => [id, state]),
  )
  return {
    ids,
    get: (id) => {
      assert.ok(
        states.has(String(id)),
        `asks for ${entity.name} ${id}, but its at(…) names ${ids.join(', ')}`,
      )
      return states.get(String(id))
    },
  }
}

/** Refuses a past without influence: the test would not show what it seems to show. */
export function assertPastMatters(past: readonly Past[], loaded: readonly { entity: EntityDef }[]): void {
  const names = new Set(loaded.map(({ entity }) => entity.name))
  for (const { entity, events } of past) {
    assert.ok(
      names.has(entity.name),
      `given ${entity.name}, but loaded: ${[...names].join(', ') || 'nothing'}`,
    )
    for (const { type } of events) {
      assert.ok(entity.evolves.has(type), `given ${entity.name} after ${type}, by which it does not evolve`)
    }
  }
}

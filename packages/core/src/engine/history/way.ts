import type { EntityDef, Evolve } from '../../contract/entity.ts'
import { fingerprint } from '../fingerprint.ts'
import { sampleOf } from './sample.ts'

const known = new WeakMap<EntityDef, number>()

/**
 * The way in which an entity is folded, as a number above 0: another one as soon as its initial state or one of its evolves
 * is another. An evolve is known by its text, and by what it makes of a made-up payload: so it shows, too, when a function
 * that it calls names a field anew.
 */
export function wayOf(entity: EntityDef): number {
  let way = known.get(entity)
  if (way === undefined) known.set(entity, (way = madeFrom(entity)))
  return way
}

function madeFrom(entity: EntityDef): number {
  const evolves = [...entity.evolves].map(([type, evolve]) => [
    type,
    evolve.toString(),
    tried(entity, evolve, type),
  ])
  const [number] = fingerprint(JSON.stringify([entity.initial, ...evolves.sort(byType)]))
  // What an integer of a database takes.
  return (number % 0x7fffffff) + 1
}

/** What it makes of its initial state. One that does not take what is made up says nothing, always. */
function tried({ initial, listens }: EntityDef, evolve: Evolve<unknown>, type: string): unknown {
  const schema = listens.find((event) => event.type === type)?.schema
  try {
    const state = evolve(JSON.parse(JSON.stringify(initial)), sampleOf(schema), 'id', new Date(0))
    return JSON.stringify(state)
  } catch {
    return 'throws'
  }
}

function byType([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

import { command, entity, event, service, type Submitted, systemCaller } from '@waybill/core'
import Type from 'typebox'
import type { Engines } from './engines.ts'

const Thing = Type.Object({ id: Type.String(), n: Type.Integer() })
export type Thing = { readonly id: string; readonly n: number }

/**
 * The half of a system that most cases have in common: a service that tells the world whatever it is told. What hears it
 * is the case's own.
 * @param suffix tells its names from those of other cases
 */
export function teller(suffix: string) {
  const Said = event('Said', { topic: `said-${suffix}`, key: 'id', data: Thing })
  const Telling = entity('telling', { count: 0 }).evolve(Said, ({ count }) => ({ count: count + 1 }))
  const say = command('say', {
    input: Thing,
    at: Telling,
    id: ({ id }) => id,
    emits: [Said],
    decide: (_, thing) => Said(thing),
  })
  const telling = service(`teller-${suffix}`, { entities: [Telling], commands: [say] })
  return {
    Said,
    Telling,
    say,
    telling,
    tell: (engines: Engines, id: string, n = 0): Promise<Submitted<unknown>> =>
      engines.engine(telling).submit(say, { id, n }, { caller: systemCaller }),
  }
}

/** An event that a case's service answers with. */
export function answerEvent<const N extends string>(name: N, suffix: string) {
  return event(name, { topic: `${name.toLowerCase()}-${suffix}`, key: 'id', data: Thing })
}

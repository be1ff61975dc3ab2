import type { Fold } from './fold.ts'
import type { Call } from '../intake/work.ts'

/** What a handler is given of its entities: nothing, the one state, or a tuple in the order of its `at`s. */
export function statesOf({ handler, ids }: Call, fold: Fold): unknown {
  const states = handler.targets.map(({ entity }, index) => {
    const chosen = ids[index]!
    return typeof chosen === 'string' ? fold.state(entity, chosen) : fold.many(entity, chosen)
  })
  return states.length > 1 ? states : states[0]
}

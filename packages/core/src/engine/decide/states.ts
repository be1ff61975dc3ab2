import type { Fold } from './fold.ts'
import type { Call } from '../intake/work.ts'

/** What a handler is given of its entities: nothing, the one state, or a tuple in the order of its `at`s. */
export function statesOf({ handler, about }: Call, fold: Fold): unknown {
  const states = handler.targets.map(({ entity }, index) => {
    const one = about[index]!
    return 'subject' in one
      ? fold.state(one)
      : fold.many(
          entity,
          one.map(({ id }) => id),
        )
  })
  return states.length > 1 ? states : states[0]
}

import { type EventHead, type Loaded, type Need, needNothing, rowId } from '../../ports/store.ts'
import type { Work } from '../intake/work.ts'
import type { Fold } from './fold.ts'
import { checkJson } from './json-only.ts'
import type { Row } from './rows.ts'

/** A row on its way to a view. */
export interface Shown extends Row {
  readonly work: Work
  readonly data: Readonly<Record<string, unknown>>
  readonly head: EventHead
}

/**
 * Folds what was shown into the views, at the end of a batch and in one go: which rows that takes is known only then.
 * @param at the time of the batch
 * @returns the works whose events a view could not fold, each with its error; nothing may be written then
 */
export async function project(
  shown: readonly Shown[],
  picture: Fold,
  at: Date,
  more: (need: Need) => Promise<Loaded>,
): Promise<ReadonlyMap<Work, unknown>> {
  const unknown = new Map(
    shown
      .filter(({ view, key }) => !picture.knowsRow(view.name, key))
      .map(({ view, key }) => [rowId(view.name, key), { view: view.name, key }]),
  )
  if (unknown.size > 0) {
    const need = { ...needNothing, rows: [...unknown.values()] }
    picture.load(need, await more(need))
  }
  const broken = new Map<Work, unknown>()
  for (const { view, key, project: fold, work, data, head } of shown) {
    if (broken.has(work)) continue
    const meta = { eventId: head.id, correlationId: head.correlationId, at }
    try {
      const row = fold(picture.row(view, key), data, meta, key)
      if (row !== undefined)
        checkJson(row, () => `The row ${key} of the view ${view.name} after ${head.type}`)
      picture.setRow(view, key, row)
    } catch (cause) {
      broken.set(work, cause)
    }
  }
  return broken
}

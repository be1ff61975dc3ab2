import { type EventHead, type Loaded, type Need, needNothing } from '../../ports/store.ts'
import type { Work } from '../intake/work.ts'
import type { Fold } from './fold.ts'
import { checkJson } from './json-only.ts'
import type { Row } from './rows.ts'

/** A row on its way to a view. */
export interface Shown {
  readonly row: Row
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
      .filter(({ row }) => !picture.knowsRow(row))
      .map(({ row: { id, view, key } }) => [id, { view: view.name, key }]),
  )
  if (unknown.size > 0) {
    const need = { ...needNothing, rows: [...unknown.values()] }
    picture.load(need, await more(need))
  }
  const broken = new Map<Work, unknown>()
  for (const { row, work, data, head } of shown) {
    if (broken.has(work)) continue
    const meta = { eventId: head.id, correlationId: head.correlationId, at }
    try {
      const value = row.project(picture.row(row), data, meta, row.key)
      if (value !== undefined)
        checkJson(value, () => `The row ${row.key} of the view ${row.view.name} after ${head.type}`)
      picture.setRow(row, value)
    } catch (cause) {
      broken.set(work, cause)
    }
  }
  return broken
}

import { WaybillError } from './errors.ts'
import type { Write } from './ports/store.ts'

/**
 * For stores: refuses an event that names an entity twice. That it belongs to one first, and to the same one too, no table
 * would tell.
 * @throws INVARIANT_BROKEN
 */
export function checkSubjects({ events }: Write): void {
  for (const { id, subject, alsoSubjects } of events) {
    if (alsoSubjects.length === 0) continue
    if (hasTwice([...(subject === undefined ? [] : [subject]), ...alsoSubjects])) {
      refuse(`event ${id} stands twice in the history of one entity`)
    }
  }
}

/**
 * For stores: refuses a write that names a key twice, and so can never be made, however often it is tried. Of one that does
 * not, a key that is there already means that somebody was first.
 * @throws INVARIANT_BROKEN
 */
export function checkForm(write: Write): void {
  const twice = (what: string, names: readonly unknown[]): void => {
    if (hasTwice(names)) refuse(`one ${what} is written twice`)
  }
  twice(
    'entity',
    write.snapshots.map(({ subject }) => subject),
  )
  twice(
    'row',
    write.rows.map(({ view, key }) => `${view}/${key}`),
  )
  twice(
    'queue',
    write.queues.map(({ queue }) => queue),
  )
  twice(
    'offset',
    write.offsets.map(({ source, partition }) => `${partition}/${source}`),
  )
  twice(
    'reply',
    write.replies.map(({ slot }) => slot),
  )
  twice(
    'deadline',
    write.deadlines.map(({ id }) => id),
  )
}

function hasTwice(names: readonly unknown[]): boolean {
  return names.length > 1 && new Set(names).size < names.length
}

function refuse(what: string): never {
  throw new WaybillError('INVARIANT_BROKEN', `The store refused: ${what}`)
}

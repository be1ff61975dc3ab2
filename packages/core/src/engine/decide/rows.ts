import type { EventDef } from '../../contract/event.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { Project, ViewDef } from '../../contract/view.ts'
import { checkKey } from '../../limits.ts'
import { rowId } from '../../ports/store.ts'

/** A row of a view that an event changes. */
export interface Row {
  /** `rowId(view, key)`. */
  readonly id: string
  readonly view: ViewDef
  readonly key: string
  readonly project: Project
}

/**
 * Each row of each view that an event changes.
 * @throws what `keys` throws, and LIMIT_EXCEEDED
 */
export function rowsOf(
  service: ServiceDef,
  event: EventDef,
  data: Readonly<Record<string, unknown>>,
): readonly Row[] {
  let rows: Row[] | undefined
  for (const view of service.views) {
    const projection = view.projections.get(event.type)
    if (projection === undefined) continue
    const keys = projection.keys(data)
    for (const key of keys.length > 1 ? new Set(keys) : keys) {
      checkKey(key, () => `The key that ${event.type} names of the view ${view.name}`)
      rows ??= []
      rows.push({ id: rowId(view.name, key), view, key, project: projection.project })
    }
  }
  return rows ?? none
}

const none: readonly Row[] = []

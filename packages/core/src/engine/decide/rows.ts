import type { EventDef } from '../../contract/event.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { Project, ViewDef } from '../../contract/view.ts'
import { checkKey } from '../../limits.ts'

/** A row of a view that an event changes. */
export interface Row {
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
  return service.views.flatMap((view) => {
    const projection = view.projections.get(event.type)
    if (projection === undefined) return []
    return [...new Set(projection.keys(data))].map((key) => {
      checkKey(key, `The key that ${event.type} names of the view ${view.name}`)
      return { view, key, project: projection.project }
    })
  })
}

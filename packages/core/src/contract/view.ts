import type { Static, TObject } from 'typebox'
import type { EventDef } from './event.ts'
import type { Meta } from './meta.ts'

/** Folds an event into one row; `undefined` in: no row yet, `undefined` out: none any more. */
export type Project = (
  row: unknown,
  data: any,
  meta: Pick<Meta, 'eventId' | 'correlationId' | 'at'>,
  key: string,
) => unknown

export interface Projection {
  keys(data: unknown): readonly string[]
  readonly project: Project
}

/** A read model: rows folded from events of its own service and of those it listens to. */
export interface ViewDef<R = any> {
  readonly name: string
  readonly key: string
  readonly row: TObject
  readonly indexes: readonly (readonly string[])[]
  readonly projections: ReadonlyMap<string, Projection>
  readonly listens: readonly EventDef[]
  /** Only for inference. */
  readonly type?: R
  /** The row is the one that the payload's field of the view's key names. */
  on<D>(event: EventDef<any, D>, project: ProjectOf<R, D>): ViewDef<R>
  /** The rows are those that `keys` names. */
  on<D>(
    event: EventDef<any, D>,
    keys: (data: D) => string | readonly string[],
    project: ProjectOf<R, D>,
  ): ViewDef<R>
}

type ProjectOf<R, D> = (
  row: R | undefined,
  data: D,
  meta: Pick<Meta, 'eventId' | 'correlationId' | 'at'>,
  key: string,
) => R | undefined

/**
 * Declares a view. It changes in the same commit as the events it is folded from.
 * @param name unique in its service
 * @param def.key the field of the row that names it
 * @param def.indexes combinations of fields that are looked up together
 */
export function view<T extends TObject>(
  name: string,
  def: {
    row: T
    key: keyof Static<T> & string
    indexes?: readonly (readonly (keyof Static<T> & string)[])[]
  },
): ViewDef<Static<T>> {
  return build({ name, key: def.key, row: def.row, indexes: def.indexes ?? [] }, new Map(), [])
}

function build<R>(
  shape: Pick<ViewDef, 'name' | 'key' | 'row' | 'indexes'>,
  projections: ReadonlyMap<string, Projection>,
  listens: readonly EventDef[],
): ViewDef<R> {
  return {
    ...shape,
    projections,
    listens,
    on: (event: EventDef, ...rest: readonly unknown[]): ViewDef<R> => {
      const [keysOf, project] = (
        rest.length === 1 ? [(data: Record<string, unknown>) => String(data[shape.key]), rest[0]] : rest
      ) as [(data: unknown) => string | readonly string[], Project]
      const keys = (data: unknown): readonly string[] => {
        const found = keysOf(data)
        return typeof found === 'string' ? [found] : found
      }
      return build<R>(shape, new Map([...projections, [event.type, { keys, project }]]), [...listens, event])
    },
  }
}

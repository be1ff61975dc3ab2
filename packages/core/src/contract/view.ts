import type { Static, TObject } from 'typebox'
import { atOnce } from './at-once.ts'
import type { EventDef } from './event.ts'
import { type KeyField, keyTexts } from './key.ts'
import type { Meta } from './meta.ts'

/** Folds an event into one row; `undefined` in: no row yet, `undefined` out: none any more. */
export type Project = (
  row: unknown,
  data: any,
  meta: Pick<Meta, 'eventId' | 'correlationId' | 'at'>,
  key: string,
) => unknown

export interface Projection {
  /** The payload field that names the row; `undefined`: a function does. */
  readonly field: string | undefined
  /** @throws KEY_INVALID when what it finds names nothing */
  keys(data: unknown): readonly string[]
  readonly project: Project
}

/** A read model: rows folded from events of its own service and of those it listens to. */
export interface ViewDef<R = any, K extends string = never> {
  readonly name: string
  readonly key: string
  readonly row: TObject
  readonly indexes: readonly (readonly string[])[]
  readonly projections: ReadonlyMap<string, Projection>
  readonly listens: readonly EventDef[]
  /** Only for inference. */
  readonly type?: R
  /** The row is the one that the payload's field of the view's key names. */
  on<D extends { readonly [F in K]: string | number }>(
    event: EventDef<any, D>,
    project: ProjectOf<R, D>,
  ): ViewDef<R, K>
  /** The rows are those that `keys` names. */
  on<D>(
    event: EventDef<any, D>,
    keys: (data: D) => string | readonly string[],
    project: ProjectOf<R, D>,
  ): ViewDef<R, K>
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
export function view<T extends TObject, K extends KeyField<Static<T>>>(
  name: string,
  def: {
    row: T
    key: K
    indexes?: readonly (readonly (keyof Static<T> & string)[])[]
  },
): ViewDef<Static<T>, K> {
  return build({ name, key: def.key, row: def.row, indexes: def.indexes ?? [] }, new Map(), [])
}

function build<R, K extends string>(
  shape: Pick<ViewDef, 'name' | 'key' | 'row' | 'indexes'>,
  projections: ReadonlyMap<string, Projection>,
  listens: readonly EventDef[],
): ViewDef<R, K> {
  return {
    ...shape,
    projections,
    listens,
    on: (event: EventDef, ...rest: readonly unknown[]): ViewDef<R, K> => {
      const field = rest.length === 1 ? shape.key : undefined
      const [find, project] = (
        rest.length === 1 ? [(data: Record<string, unknown>) => data[shape.key], rest[0]] : rest
      ) as [(data: unknown) => unknown, Project]
      const what = `The key of the view ${shape.name} that ${event.type}${field === undefined ? '' : `.${field}`} names`
      const projects = `The view ${shape.name} on ${event.type}`
      const projection: Projection = {
        field,
        keys: (data) => {
          const found = keyTexts(find(data), what)
          return typeof found === 'string' ? [found] : found
        },
        project: (row, data, meta, key) => atOnce(project(row, data, meta, key), projects),
      }
      return build<R, K>(shape, new Map([...projections, [event.type, projection]]), [...listens, event])
    },
  }
}

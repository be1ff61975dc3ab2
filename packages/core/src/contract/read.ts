import type { EntityDef, Many } from './entity.ts'
import type { ViewDef } from './view.ts'

/** An event as it stands in an entity's history. */
export interface Recorded {
  /** Its place in the service's log: dense, in commit order. */
  readonly position: number
  readonly id: string
  readonly type: string
  readonly at: Date
  readonly correlationId: string
  readonly causationId: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** A moment of an entity's past: all events up to and including it. */
export type Moment = { readonly time: Date } | { readonly position: number }

/** One page of a view. */
export interface Page<R> {
  readonly items: R[]
  /** Hand it back for the next page; `null` on the last one. */
  readonly nextCursor: string | null
}

/** What to list of a view. */
export interface Selection<R> {
  /** Field values that must match: just those of one index of the view, or none (LOOKUP_UNDECLARED). */
  readonly where?: { readonly [F in keyof R]?: R[F] | undefined }
  /** Rows a page, 1 to 100; default 20. */
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  /** By the view's key; default `descending`, which for ids made by `newId` is newest first. */
  readonly order?: 'ascending' | 'descending'
}

/** What a query may read: its own service's entities and views. */
export interface Read {
  entity<S>(entity: EntityDef<S>, id: string): Promise<S>
  entities<S>(entity: EntityDef<S>, ids: readonly string[]): Promise<Many<S>>
  /** The state as it was then, folded anew from the history. */
  entityAt<S>(entity: EntityDef<S>, id: string, moment: Moment): Promise<S>
  /**
   * The entity's events in order, each with the state after it.
   * @param page those behind the position `after`, at most `limit`; default: the first 10,000
   */
  history<S>(
    entity: EntityDef<S>,
    id: string,
    page?: { readonly after?: number | undefined; readonly limit?: number | undefined },
  ): Promise<readonly (Recorded & { state: S })[]>
  row<R>(view: ViewDef<R>, key: string): Promise<R | undefined>
  rows<R>(view: ViewDef<R>, selection?: Selection<R>): Promise<Page<R>>
}

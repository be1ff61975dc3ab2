import { subjectOf, type EntityDef, type Many } from '../../contract/entity.ts'
import { wayOf } from '../history/way.ts'
import { type Loaded, type Need, rowId, type Snapshot, type ViewRow } from '../../ports/store.ts'
import type { Touched } from '../intake/work.ts'
import type { Row } from './rows.ts'

/**
 * The batch's picture of entities and rows: what was loaded, and what the decides have changed since.
 * Each is written once at the end, however often it changed. Changes of one work can be undone.
 */
export interface Fold {
  /** Adds what was asked for and found later. */
  load(need: Need, loaded: Loaded): void
  state(of: Pick<Touched, 'entity' | 'subject'>): unknown
  many(entity: EntityDef, ids: readonly string[]): Many<unknown>
  version(subject: string): number
  setState(of: Touched, state: unknown): void
  /** Whether the row was asked for: only then is an absent one known not to exist. */
  knowsRow(row: Row): boolean
  row(row: Row): unknown
  setRow(row: Row, value: unknown): void
  /** Changes from here on can be undone. */
  mark(): void
  undo(): void
  changedSnapshots(): (Snapshot & { readonly expected: number })[]
  changedRows(): ViewRow[]
}

type Held = Omit<Snapshot, 'subject'>

export function fold(): Fold {
  const loaded = new Map<string, Snapshot>()
  const known = new Map<string, unknown>()
  const asked = new Set<string>()
  const states = new Map<string, Held>()
  const rows = new Map<string, ViewRow>()
  let undoes: (() => void)[] = []

  const version = (subject: string): number =>
    states.get(subject)?.version ?? loaded.get(subject)?.version ?? 0
  const put = <V>(map: Map<string, V>, key: string, value: V): void => {
    const before = map.get(key)
    undoes.push(() => (before === undefined ? map.delete(key) : map.set(key, before)))
    map.set(key, value)
  }
  const state: Fold['state'] = ({ entity, subject }) => {
    const held = states.get(subject) ?? loaded.get(subject)
    return held === undefined ? entity.initial : held.state
  }

  return {
    load: (need, found) => {
      for (const [subject, snapshot] of found.snapshots) loaded.set(subject, snapshot)
      for (const [id, row] of found.rows) known.set(id, row)
      for (const { view, key } of need.rows) asked.add(rowId(view, key))
    },
    state,
    many: (entity, ids) => ({ ids, get: (id) => state({ entity, subject: subjectOf(entity, String(id)) }) }),
    version,
    setState: ({ entity, subject }, next) =>
      put(states, subject, { version: version(subject) + 1, state: next, way: wayOf(entity) }),
    knowsRow: ({ id }) => asked.has(id),
    row: ({ id }) => {
      const changed = rows.get(id)
      return changed === undefined ? known.get(id) : changed.row
    },
    setRow: ({ id, view, key }, row) => put(rows, id, { view: view.name, key, row }),
    mark: () => {
      undoes = []
    },
    undo: () => {
      for (const undo of undoes.reverse()) undo()
      undoes = []
    },
    changedSnapshots: () =>
      [...states].map(([subject, held]) => ({
        subject,
        ...held,
        expected: loaded.get(subject)?.version ?? 0,
      })),
    changedRows: () => [...rows.values()],
  }
}

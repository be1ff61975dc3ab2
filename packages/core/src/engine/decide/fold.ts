import { subjectOf, type EntityDef, type Many } from '../../contract/entity.ts'
import type { ViewDef } from '../../contract/view.ts'
import { wayOf } from '../history/way.ts'
import { type Loaded, type Need, rowId, type Snapshot, type ViewRow } from '../../ports/store.ts'

/**
 * The batch's picture of entities and rows: what was loaded, and what the decides have changed since.
 * Each is written once at the end, however often it changed. Changes of one work can be undone.
 */
export interface Fold {
  /** Adds what was asked for and found later. */
  load(need: Need, loaded: Loaded): void
  state<S>(entity: EntityDef<S>, id: string): S
  many<S>(entity: EntityDef<S>, ids: readonly string[]): Many<S>
  version(subject: string): number
  setState(entity: EntityDef, subject: string, state: unknown): void
  /** Whether the row was asked for: only then is an absent one known not to exist. */
  knowsRow(view: string, key: string): boolean
  row(view: ViewDef, key: string): unknown
  setRow(view: ViewDef, key: string, row: unknown): void
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
  const state = <S>(entity: EntityDef<S>, id: string): S => {
    const subject = subjectOf(entity, id)
    const held = states.get(subject) ?? loaded.get(subject)
    return held === undefined ? entity.initial : (held.state as S)
  }

  return {
    load: (need, found) => {
      for (const [subject, snapshot] of found.snapshots) loaded.set(subject, snapshot)
      for (const [id, row] of found.rows) known.set(id, row)
      for (const { view, key } of need.rows) asked.add(rowId(view, key))
    },
    state,
    many: (entity, ids) => ({ ids, get: (id) => state(entity, String(id)) }),
    version,
    setState: (entity, subject, next) =>
      put(states, subject, { version: version(subject) + 1, state: next, way: wayOf(entity) }),
    knowsRow: (view, key) => asked.has(rowId(view, key)),
    row: (view, key) => {
      const id = rowId(view.name, key)
      const changed = rows.get(id)
      return changed === undefined ? known.get(id) : changed.row
    },
    setRow: (view, key, row) => put(rows, rowId(view.name, key), { view: view.name, key, row }),
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

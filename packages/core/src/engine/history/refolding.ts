import { subjectOf, type EntityDef } from '../../contract/entity.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { hasCode, invariant } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Loaded, Snapshot, Store } from '../../ports/store.ts'
import { historiesOf, replay } from './replay.ts'
import { wayOf } from './way.ts'

/** States that were folded anew and nobody has written since: more are not kept. */
const keptMax = 10_000

/** A state that was folded anew. */
interface Anew {
  readonly snapshot: Snapshot
  /** How far its history was folded; `undefined`: it cannot be. */
  readonly upTo: { readonly json: string; readonly position: number; readonly events: number } | undefined
}

/**
 * A store that gives no state which another way of folding has made: such a one is folded anew from the history, when it is
 * needed. So a field that was renamed is in all of them, and an evolve that was mended has been so all along.
 */
export function refolding(store: Store, service: ServiceDef, codec: Codec): Store {
  const entities = new Map(service.entities.map((entity) => [entity.name, entity]))
  // While a newer definition runs beside this one, a history holds events that only that one knows.
  const histories = { ...historiesOf(service, store, codec), mayHold: () => true }
  const kept = new Map<string, Anew>()

  /** The entity of a snapshot that is to be folded anew. */
  function outdated({ subject, way }: Snapshot): EntityDef | undefined {
    const entity = entities.get(subject.slice(0, subject.indexOf('/')))
    return entity === undefined || wayOf(entity) === way ? undefined : entity
  }

  /** @param before the same entity a few events ago: who writes it all the time must not make us begin again each time */
  async function foldAnew(entity: EntityDef, old: Snapshot, before: Anew | undefined): Promise<Anew> {
    const { subject, version } = old
    const head = { subject, version, way: wayOf(entity) }
    try {
      const upTo = await folded(entity, old, before?.upTo)
      // Each look at it is given one of its own: what one does to it, another must not see.
      return {
        upTo,
        snapshot: {
          ...head,
          get state(): unknown {
            return JSON.parse(upTo.json)
          },
        },
      }
    } catch (cause) {
      if (!isOfTheHistory(cause)) throw cause
      // Only who needs this state fails by it, and not all that is loaded with it.
      return {
        upTo: undefined,
        snapshot: {
          ...head,
          get state(): never {
            throw cause
          },
        },
      }
    }
  }

  async function folded(
    entity: EntityDef,
    { subject, version }: Snapshot,
    before: Anew['upTo'],
  ): Promise<NonNullable<Anew['upTo']>> {
    let state: unknown = before === undefined ? entity.initial : JSON.parse(before.json)
    let { position, events } = before ?? { position: 0, events: 0 }
    const id = subject.slice(subjectOf(entity, '').length)
    for await (const one of replay(histories, entity, id, { from: { state, position } })) {
      ;({ state, position } = one)
      events += 1
    }
    invariant(events >= version, `The history of ${subject} holds fewer events than its state.`)
    return { json: JSON.stringify(state), position, events }
  }

  /** With the states that have been folded anew. @throws Outdated naming those that have yet to be */
  function current(loaded: Loaded, anew: ReadonlyMap<string, Anew>): Loaded {
    let snapshots: Map<string, Snapshot> | undefined
    const old = new Map<Snapshot, EntityDef>()
    for (const snapshot of loaded.snapshots.values()) {
      const entity = outdated(snapshot)
      if (entity === undefined) continue
      const { subject, version } = snapshot
      const found = (anew.get(subject) ?? kept.get(subject))?.snapshot
      if (found?.version !== version) old.set(snapshot, entity)
      else snapshots = (snapshots ?? new Map(loaded.snapshots)).set(subject, found)
    }
    if (old.size > 0) throw new Outdated(old)
    return snapshots === undefined ? loaded : { ...loaded, snapshots }
  }

  /** @param done is given what it takes, however much that is */
  async function until<T>(done: (anew: ReadonlyMap<string, Anew>) => Promise<T>): Promise<T> {
    const anew = new Map<string, Anew>()
    for (;;) {
      try {
        return await done(anew)
      } catch (cause) {
        if (!(cause instanceof Outdated)) throw cause
        // Outside of the transaction: what it has locked had better not wait for that.
        const found = await Promise.all(
          [...cause.snapshots].map(([old, entity]) =>
            foldAnew(entity, old, anew.get(old.subject) ?? kept.get(old.subject)),
          ),
        )
        if (kept.size + found.length > keptMax) kept.clear()
        for (const one of found) {
          // Should it be further by now, that shows when it is loaded once more.
          anew.set(one.snapshot.subject, one)
          if (found.length <= keptMax) kept.set(one.snapshot.subject, one)
        }
      }
    }
  }

  return {
    ...store,
    load: (need) => until(async (anew) => current(await store.load(need), anew)),
    transact: (need, decide) =>
      until((anew) =>
        store.transact(need, (loaded, more) =>
          decide(current(loaded, anew), async (wanted) => current(await more(wanted), anew)),
        ),
      ),
  }
}

/** Whether it fails by what the history says and the evolves make of it, and not by who keeps it. */
function isOfTheHistory(cause: unknown): boolean {
  return (
    hasCode(cause, 'DECIDE_FAILED') ||
    hasCode(cause, 'PAYLOAD_UNREADABLE') ||
    hasCode(cause, 'INVARIANT_BROKEN')
  )
}

/** What ends a transaction that has met states of another way. */
class Outdated extends Error {
  readonly snapshots: ReadonlyMap<Snapshot, EntityDef>

  constructor(snapshots: ReadonlyMap<Snapshot, EntityDef>) {
    super('These states are to be folded anew.')
    this.snapshots = snapshots
  }
}

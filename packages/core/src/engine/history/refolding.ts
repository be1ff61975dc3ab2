import { subjectOf, type EntityDef } from '../../contract/entity.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { invariant } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Loaded, Snapshot, Store } from '../../ports/store.ts'
import { historiesOf, replay } from './replay.ts'
import { wayOf } from './way.ts'

/** States that were folded anew and nobody has written since: more are not kept. */
const keptMax = 10_000

/**
 * A store that gives no state which another way of folding has made: such a one is folded anew from the history, when it is
 * needed. So a field that was renamed is in all of them, and an evolve that was mended has been so all along.
 */
export function refolding(store: Store, service: ServiceDef, codec: Codec): Store {
  const entities = new Map(service.entities.map((entity) => [entity.name, entity]))
  const histories = historiesOf(service, store, codec)
  const kept = new Map<string, Snapshot>()

  /** The entity of a snapshot that is to be folded anew. */
  function outdated({ subject, way }: Snapshot): EntityDef | undefined {
    const entity = entities.get(subject.slice(0, subject.indexOf('/')))
    return entity === undefined || wayOf(entity) === way ? undefined : entity
  }

  async function foldAnew(entity: EntityDef, old: Snapshot): Promise<void> {
    const id = old.subject.slice(subjectOf(entity, '').length)
    let state: unknown = entity.initial
    let version = 0
    for await (const one of replay(histories, entity, id)) {
      ;({ state } = one)
      version += 1
    }
    invariant(version >= old.version, `The history of ${old.subject} holds fewer events than its state.`)
    if (kept.size >= keptMax) kept.clear()
    // Should it be further by now, that shows when it is loaded once more.
    kept.set(old.subject, { ...old, state, way: wayOf(entity) })
  }

  /** With the states that have been folded anew. @throws Outdated naming those that have yet to be */
  function current(loaded: Loaded): Loaded {
    let snapshots: Map<string, Snapshot> | undefined
    const old = new Map<Snapshot, EntityDef>()
    for (const snapshot of loaded.snapshots.values()) {
      const entity = outdated(snapshot)
      if (entity === undefined) continue
      const { subject, version } = snapshot
      const anew = kept.get(subject)
      if (anew?.version !== version) old.set(snapshot, entity)
      else snapshots = (snapshots ?? new Map(loaded.snapshots)).set(subject, anew)
    }
    if (old.size > 0) throw new Outdated(old)
    return snapshots === undefined ? loaded : { ...loaded, snapshots }
  }

  async function until<T>(done: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await done()
      } catch (cause) {
        if (!(cause instanceof Outdated)) throw cause
        // Outside of the transaction: what it has locked had better not wait for that.
        await Promise.all([...cause.snapshots].map(([old, entity]) => foldAnew(entity, old)))
      }
    }
  }

  return {
    ...store,
    load: (need) => until(async () => current(await store.load(need))),
    transact: (need, decide) =>
      until(() =>
        store.transact(need, (loaded, more) =>
          decide(current(loaded), async (wanted) => current(await more(wanted))),
        ),
      ),
  }
}

/** What ends a transaction that has met states of another way. */
class Outdated extends Error {
  readonly snapshots: ReadonlyMap<Snapshot, EntityDef>

  constructor(snapshots: ReadonlyMap<Snapshot, EntityDef>) {
    super('These states are to be folded anew.')
    this.snapshots = snapshots
  }
}

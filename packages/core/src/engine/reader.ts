import { subjectOf, type EntityDef } from '../contract/entity.ts'
import type { EventDef } from '../contract/event.ts'
import type { Moment, Read, Recorded } from '../contract/read.ts'
import type { ServiceDef } from '../contract/service.ts'
import { invariant } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'
import { type Loaded, type Need, needNothing, rowId, type Store, type StoredEvent } from '../ports/store.ts'

const pageDefault = 20
const pageMax = 100

/** Reads entities and views for queries. Reads that come while one is under way go together in the next. */
export function reader(service: ServiceDef, store: Store, codec: Codec): Read {
  const load = together((need) => store.load(need))
  const events = eventsOf(service)

  async function states<S>(entity: EntityDef<S>, ids: readonly string[]): Promise<(id: string) => S> {
    const { snapshots } = await load({ ...needNothing, subjects: ids.map((id) => subjectOf(entity, id)) })
    return (id) => {
      const snapshot = snapshots.get(subjectOf(entity, id))
      return snapshot === undefined ? entity.initial : (snapshot.state as S)
    }
  }

  async function replay<S>(
    entity: EntityDef<S>,
    id: string,
    until?: Moment,
  ): Promise<(Recorded & { state: S })[]> {
    const history = await store.history(subjectOf(entity, id), until)
    await codec.learn?.(history.map(({ payload }) => payload))
    let state = entity.initial
    return history.map((stored) => {
      const recorded = recordedOf(stored, events, codec)
      state = entity.evolves.get(stored.type)?.(state, recorded.data, id, recorded.at) ?? state
      return { ...recorded, state }
    })
  }

  return {
    entity: async (entity, id) => (await states(entity, [id]))(id),
    entities: async (entity, ids) => {
      const state = await states(entity, ids)
      return { ids, get: (id) => state(String(id)) }
    },
    entityAt: async (entity, id, moment) =>
      (await replay(entity, id, moment)).at(-1)?.state ?? entity.initial,
    history: (entity, id) => replay(entity, id),
    row: async <R>(view: { name: string; type?: R }, key: string) => {
      const loaded = await load({ ...needNothing, rows: [{ view: view.name, key }] })
      return loaded.rows.get(rowId(view.name, key)) as R | undefined
    },
    rows: async <R>(
      view: { name: string; type?: R },
      { where = {}, limit, cursor, order }: Parameters<Read['rows']>[1] = {},
    ) => {
      const size = Math.min(Math.max(limit ?? pageDefault, 1), pageMax)
      const found = await store.selectRows({
        view: view.name,
        where: Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined)),
        limit: size + 1,
        order: order ?? 'descending',
        after: cursor,
      })
      const page = found.slice(0, size)
      return {
        items: page.map(({ row }) => row as R),
        nextCursor: found.length > size ? page.at(-1)!.key : null,
      }
    },
  }
}

/** An event of the history with its payload decoded. */
export function recordedOf(
  stored: StoredEvent,
  events: ReadonlyMap<string, EventDef>,
  codec: Codec,
): Recorded {
  const event = events.get(stored.type)
  invariant(event !== undefined, `The history holds ${stored.type}, which the service does not know.`)
  const { position, id, type, at, correlationId, causationId } = stored
  return {
    position,
    id,
    type,
    at: new Date(at),
    correlationId,
    causationId,
    data: codec.decode(event, stored.payload),
  }
}

/** Every event that can stand in a service's history. */
export function eventsOf(service: ServiceDef): ReadonlyMap<string, EventDef> {
  const events = [
    ...service.commands.flatMap((c) => c.emits),
    ...service.handlers.flatMap((h) => [h.event, ...h.emits]),
  ]
  return new Map(events.map((event) => [event.type, event]))
}

/** Natural batching: one load at a time; what is asked meanwhile waits and goes as one. */
function together(load: (need: Need) => Promise<Loaded>): (need: Need) => Promise<Loaded> {
  let running: Promise<unknown> | undefined
  let next: { needs: Need[]; answer: Promise<Loaded> } | undefined
  return (need) => {
    if (next !== undefined) {
      next.needs.push(need)
      return next.answer
    }
    const needs = [need]
    const answer = (running ?? Promise.resolve()).then(() => {
      next = undefined
      const answered = load({
        ...needNothing,
        subjects: [...new Set(needs.flatMap(({ subjects }) => subjects))],
        rows: needs.flatMap(({ rows }) => rows),
      })
      running = answered.catch(() => undefined)
      return answered
    })
    next = { needs, answer }
    return answer
  }
}

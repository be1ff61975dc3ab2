import { subjectOf, type EntityDef } from '../../contract/entity.ts'
import type { EventDef } from '../../contract/event.ts'
import type { Moment, Read, Recorded } from '../../contract/read.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { ViewDef } from '../../contract/view.ts'
import { invariant, WaybillError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import { type Need, needNothing, rowId, type Store, type StoredEvent } from '../../ports/store.ts'
import { together } from '../together.ts'

const pageDefault = 20
const pageMax = 100
/** Events of an entity that are given at once, unless somebody asks for more. */
const historyMax = 10_000

/** Reads entities and views for queries. Reads that come while one is under way go together in the next. */
export function reader(service: ServiceDef, store: Store, codec: Codec): Read {
  const load = together((needs: readonly Need[]) =>
    store.load({
      ...needNothing,
      subjects: [...new Set(needs.flatMap(({ subjects }) => subjects))],
      rows: needs.flatMap(({ rows }) => rows),
    }),
  )
  const events = eventsOf(service)
  const lookUps = new Map(service.views.map((view) => [view.name, lookUpsOf(view)]))

  async function states<S>(entity: EntityDef<S>, ids: readonly string[]): Promise<(id: string) => S> {
    const { snapshots } = await load({ ...needNothing, subjects: ids.map((id) => subjectOf(entity, id)) })
    return (id) => {
      const snapshot = snapshots.get(subjectOf(entity, id))
      return snapshot === undefined ? entity.initial : (snapshot.state as S)
    }
  }

  /** The events of an entity, each with the state after it, a page of them at a time in memory. */
  async function* replay<S>(
    entity: EntityDef<S>,
    id: string,
    until?: Moment,
  ): AsyncGenerator<Recorded & { state: S }, void> {
    let state = entity.initial
    let after = 0
    for (;;) {
      const page = await store.history(subjectOf(entity, id), { after, until })
      if (page.length === 0) return
      await codec.learn?.(page.map(({ payload }) => payload))
      for (const stored of page) {
        const recorded = recordedOf(stored, events, codec)
        state = entity.evolves.get(stored.type)?.(state, recorded.data, id, recorded.at) ?? state
        after = stored.position
        yield { ...recorded, state }
      }
    }
  }

  return {
    entity: async (entity, id) => (await states(entity, [id]))(id),
    entities: async (entity, ids) => {
      const state = await states(entity, ids)
      return { ids, get: (id) => state(String(id)) }
    },
    entityAt: async (entity, id, moment) => {
      let { initial: state } = entity
      for await (const one of replay(entity, id, moment)) ({ state } = one)
      return state
    },
    history: async (entity, id, { after = 0, limit = historyMax } = {}) => {
      const found: (Recorded & { state: typeof entity.initial })[] = []
      for await (const one of replay(entity, id)) {
        if (one.position <= after) continue
        found.push(one)
        if (found.length >= limit) break
      }
      return found
    },
    row: async <R>(view: { name: string; type?: R }, key: string) => {
      const loaded = await load({ ...needNothing, rows: [{ view: view.name, key }] })
      return loaded.rows.get(rowId(view.name, key)) as R | undefined
    },
    rows: async <R>(
      view: { name: string; type?: R },
      { where = {}, limit, cursor, order }: Parameters<Read['rows']>[1] = {},
    ) => {
      const fields = Object.entries(where).flatMap(([field, value]) => (value === undefined ? [] : field))
      if (!lookUps.get(view.name)?.has(lookUpOf(fields))) throw undeclared(view.name, fields)
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

/** The fields that may be looked up together: none, or just those of an index. */
function lookUpsOf({ indexes }: ViewDef): ReadonlySet<string> {
  return new Set([[], ...indexes].map(lookUpOf))
}

function lookUpOf(fields: readonly string[]): string {
  return JSON.stringify([...fields].sort())
}

function undeclared(view: string, fields: readonly string[]): WaybillError {
  const index = JSON.stringify(fields)
  return new WaybillError(
    'LOOKUP_UNDECLARED',
    `The view ${view} has no index of just ${fields.join(', ')}: add ${index} to its indexes.`,
  )
}

import { subjectOf, type EntityDef } from '../../contract/entity.ts'
import type { Read, Recorded } from '../../contract/read.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { Codec } from '../../ports/codec.ts'
import { type Need, needNothing, rowId, type Store } from '../../ports/store.ts'
import { together } from '../together.ts'
import { checkLookUp } from './look-ups.ts'
import { historiesOf, replay } from '../history/replay.ts'

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
  const histories = historiesOf(service, store, codec)
  const views = new Map(service.views.map((view) => [view.name, view]))

  async function states<S>(entity: EntityDef<S>, ids: readonly string[]): Promise<(id: string) => S> {
    const { snapshots } = await load({ ...needNothing, subjects: ids.map((id) => subjectOf(entity, id)) })
    return (id) => {
      const snapshot = snapshots.get(subjectOf(entity, id))
      return snapshot === undefined ? entity.initial : (snapshot.state as S)
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
      for await (const one of replay(histories, entity, id, { until: moment })) ({ state } = one)
      return state
    },
    history: async (entity, id, { after = 0, limit = historyMax } = {}) => {
      const found: (Recorded & { state: typeof entity.initial })[] = []
      for await (const one of replay(histories, entity, id)) {
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
      checkLookUp(views.get(view.name)!, fields)
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

import { Value } from 'typebox/value'
import type { EntityDef } from '../../contract/entity.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { ViewDef } from '../../contract/view.ts'
import { WaybillError } from '../../errors.ts'
import type { Store } from '../../ports/store.ts'
import { eventsOf } from './replay.ts'
import { wayOf } from './way.ts'

const pageMax = 1_000
/** What is noted of a view that was declared before, and is not now. */
const away = ''

/**
 * To be called before a service starts on what an earlier definition of it has left: what the service declares is noted
 * with it, and compared with what was noted before.
 * @returns what its people should know, a sentence each
 * @throws DEFINITION_CHANGED naming all that would be lost or misread: entities and events with a history that are no longer
 *   declared (unless they are `retired`), and views whose rows do not fit their schema
 */
export async function checkHistory(service: ServiceDef, store: Store): Promise<readonly string[]> {
  const noted = await store.notes()
  const declared = declaredBy(service)
  const faults: string[] = []
  const news: string[] = []
  for (const name of noted.keys()) {
    if (declared.has(name)) continue
    const space = name.indexOf(' ')
    const [kind, known] = [name.slice(0, space), name.slice(space + 1)]
    if (kind === 'view' || service.retired.includes(known)) continue
    if (await store.holds(kind === 'event' ? { event: known } : { entity: known })) {
      faults.push(`${kind} ${known}: it has a history, and is no longer declared`)
    }
  }
  for (const entity of service.entities) {
    const before = noted.get(`entity ${entity.name}`)
    if (before === undefined || before === noteOf(entity)) continue
    news.push(
      `Entity ${entity.name} is folded in another way now: each state is folded anew from its history when it is needed.`,
    )
    const known = new Set(before.split(' '))
    const added = [...entity.evolves.keys()].filter((type) => !known.has(type) && noted.has(`event ${type}`))
    if (added.length > 0) {
      news.push(
        `Entity ${entity.name} changes by ${added.join(', ')} from now on; those of before are not in its history.`,
      )
    }
  }
  for (const [type, { topic }] of eventsOf(service)) {
    const before = noted.get(`event ${type}`)
    if (!before || topic === undefined || before === topic.name) continue
    news.push(
      `${type} goes to the topic ${topic.name} now: what its readers have not yet read on ${before} they will not read.`,
    )
  }
  for (const view of service.views) {
    const before = noted.get(`view ${view.name}`)
    if (before === undefined && noted.size > 0) {
      news.push(`View ${view.name} is new: it shows what happens from now on, and nothing of before.`)
    }
    if (before === away) {
      news.push(`View ${view.name} is declared again: it shows nothing of what happened meanwhile.`)
    }
    if (before === undefined || before === shapeOf(view)) continue
    const misfit = await firstMisfit(view, before, store)
    if (misfit !== undefined) faults.push(`view ${view.name}: its row ${misfit}`)
  }
  if (faults.length > 0) {
    throw new WaybillError(
      'DEFINITION_CHANGED',
      [`The service ${service.name} does not fit the data that it has:`, ...faults].join('\n  - '),
    )
  }
  // What is gone is noted for good: else the start after the next would miss nothing.
  const gone = [...noted].map(([name, what]) => [name, name.startsWith('view ') ? away : what] as const)
  await store.keepNotes(new Map([...gone, ...declared]))
  return news
}

function declaredBy(service: ServiceDef): ReadonlyMap<string, string> {
  return new Map([
    ...[...eventsOf(service)].map(([type, { topic }]) => [`event ${type}`, topic?.name ?? ''] as const),
    ...service.entities.map((entity) => [`entity ${entity.name}`, noteOf(entity)] as const),
    ...service.views.map((view) => [`view ${view.name}`, shapeOf(view)] as const),
  ])
}

/** What a view's rows are, and what names them. */
function shapeOf({ row, key }: ViewDef): string {
  return JSON.stringify([row, key])
}

/** The way in which it is folded, and the types by which it changes. */
function noteOf(entity: EntityDef): string {
  return [wayOf(entity), ...[...entity.evolves.keys()].sort()].join(' ')
}

/** The first row that the view does not take, with the reason. @param before see `shapeOf`, or `away` */
async function firstMisfit(
  { name: view, row: schema, key: named }: ViewDef,
  before: string,
  store: Store,
): Promise<string | undefined> {
  const [, namedBefore] = before === away ? [] : (JSON.parse(before) as [unknown, string])
  for (let after: string | undefined; ;) {
    const page = await store.selectRows({ view, where: {}, limit: pageMax, order: 'ascending', after })
    for (const { key, row } of page) {
      if (namedBefore !== undefined && namedBefore !== named) {
        return `'${key}' is named by ${namedBefore}, and not by ${named}`
      }
      if (Value.Check(schema, row)) continue
      const [error] = Value.Errors(schema, row)
      return `'${key}' does not fit: ${error?.instancePath ?? ''} ${error?.message ?? ''}`
    }
    if (page.length < pageMax) return undefined
    after = page.at(-1)!.key
  }
}

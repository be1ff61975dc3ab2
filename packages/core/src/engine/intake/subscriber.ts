import { receivedBy, type ServiceDef } from '../../contract/service.ts'
import type { Sharing } from '../../ports/leases.ts'
import type { Log, Subscription } from '../../ports/log.ts'
import type { Offset, Store } from '../../ports/store.ts'
import { together } from '../together.ts'
import { partitionOf } from './fence.ts'

type Place = Pick<Offset, 'source' | 'partition'>

/** How a service joins its consumer group: it reads on from the offsets that its store has. */
export function subscriber({
  service,
  store,
  log,
  sharing,
}: {
  service: ServiceDef
  store: Pick<Store, 'offsets'>
  log: Log
  sharing: Sharing | undefined
}): (saved: Map<string, Offset>) => Promise<Subscription | undefined> {
  const offsets = together((_: readonly Place[]) => store.offsets())
  return async (saved) => {
    for (const offset of await store.offsets()) saved.set(partitionOf(offset), offset)
    const topics = [...receivedBy(service)].flatMap(({ topic }) => topic ?? [])
    if (topics.length === 0) return undefined
    return log.subscribe({
      group: service.name,
      topics: [...new Map(topics.map((topic) => [topic.name, topic])).values()],
      from: async (source, partition) => {
        const place = { source, partition }
        const name = partitionOf(place)
        const found = (await offsets(place)).find((offset) => partitionOf(offset) === name)
        saved.set(name, found ?? { ...place, next: 0 })
        return found
      },
      sharing,
    })
  }
}

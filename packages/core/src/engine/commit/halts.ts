import type { Offset } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { partitionOf } from '../intake/fence.ts'
import type { Work } from '../intake/work.ts'

type Place = Pick<Offset, 'source' | 'partition'>

/** What a service delivers to itself, as if it were a partition. */
const own: Place = { source: 'own', partition: 0 }

/** What had to stop, since not even setting it aside was possible; it is tried again and again. */
export interface Halts {
  /** @param place where it came from; `undefined`: from the service itself. @returns how often it has stopped in a row */
  add(place: Place | undefined, cause: unknown): number
  /** These are committed: what had stopped there goes on. */
  goOn(offsets: readonly Offset[], works: readonly Work[]): void
}

export function halts(service: string, telemetry: Pick<Telemetry, 'halted'>): Halts {
  const times = new Map<string, { readonly place: Place; readonly count: number }>()

  function end(place: Place): void {
    if (!times.delete(partitionOf(place))) return
    telemetry.halted({ service, source: place.source, partition: place.partition, cause: undefined })
  }

  return {
    add: ({ source, partition } = own, cause) => {
      const place = { source, partition }
      const count = (times.get(partitionOf(place))?.count ?? 0) + 1
      times.set(partitionOf(place), { place, count })
      if (count === 1) telemetry.halted({ service, ...place, cause })
      return count
    },
    goOn: (offsets, works) => {
      if (times.size === 0) return
      for (const offset of offsets) end(offset)
      if (works.some((work) => work.kind === 'event' && work.origin.kind !== 'message')) end(own)
    },
  }
}

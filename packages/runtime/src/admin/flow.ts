import type { StoredEvent } from '@waybill/core'
import type { RunningSystem } from '../host/running-system.ts'
import { showEvent, type ShownEvent } from './payload.ts'

const eventsPerServiceMax = 1_000

/** An event of a flow, with the services whose history it stands in. */
export interface FlowEvent extends ShownEvent {
  readonly service: string
  /** Other services that took it into their own history. */
  readonly observedBy: readonly string[]
}

/** All events of a flow: causes before what they caused, else by time. */
export async function flowOf(running: RunningSystem, correlationId: string): Promise<readonly FlowEvent[]> {
  const found = await Promise.all(
    [...running.stores].map(async ([service, store]) => {
      const events = await store.correlated(correlationId, eventsPerServiceMax)
      return events.map((event) => ({ service, event }))
    }),
  )
  const copies = Map.groupBy(found.flat(), ({ event }) => event.id)
  const originals = new Map([...copies].map(([id, same]) => [id, originalOf(running, same)]))
  const events = [...originals.values()].map(({ event }) => event)
  await running.codec.learn?.(events.map(({ payload }) => payload))
  return byCausation(events).map((event) => {
    const { service } = originals.get(event.id)!
    const services = copies.get(event.id)!.map(({ service: name }) => name)
    return {
      ...showEvent(running, event),
      service,
      observedBy: services.filter((name) => name !== service),
    }
  })
}

interface Copy {
  readonly service: string
  readonly event: StoredEvent
}

/** The publisher's copy: those of observers do not say to which topic it went. */
function originalOf({ system }: RunningSystem, copies: readonly Copy[]): Copy {
  const publisher = system.producerOf.get(copies[0]!.event.type)?.name
  return copies.find(({ service }) => service === publisher) ?? copies[0]!
}

/**
 * The clocks of two services may differ, so time alone could show an effect before its cause. An event waits until its
 * cause has been listed; of those that wait for nothing, the earliest is next.
 */
export function byCausation<E extends Pick<StoredEvent, 'id' | 'causationId' | 'at'>>(
  events: readonly E[],
): readonly E[] {
  const ids = new Set(events.map(({ id }) => id))
  const effects = Map.groupBy(events, ({ causationId }) =>
    causationId !== undefined && ids.has(causationId) ? causationId : undefined,
  )
  const ready = [...(effects.get(undefined) ?? [])]
  const ordered: E[] = []
  while (ready.length > 0) {
    // The sort is stable: events of the same time stay in the order of their service's log.
    ready.sort((a, b) => a.at - b.at)
    const next = ready.shift()!
    ordered.push(next)
    ready.push(...(effects.get(next.id) ?? []))
  }
  return ordered
}

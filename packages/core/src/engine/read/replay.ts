import { type EntityDef, subjectOf } from '../../contract/entity.ts'
import type { EventDef } from '../../contract/event.ts'
import type { Moment, Recorded } from '../../contract/read.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { invariant } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Store, StoredEvent } from '../../ports/store.ts'

/** What it takes to read a history. */
export interface Histories {
  readonly store: Pick<Store, 'history'>
  readonly codec: Codec
  /** See `eventsOf`. */
  readonly events: ReadonlyMap<string, EventDef>
}

/** The events of an entity, each with the state after it; a page of them at a time is in memory. */
export async function* replay<S>(
  { store, codec, events }: Histories,
  entity: EntityDef<S>,
  id: string,
  until?: Moment,
): AsyncGenerator<Recorded & { state: S }, void> {
  let state = entity.initial
  let after = 0
  for (;;) {
    const page = await store.history(subjectOf(entity, id), { after, until })
    if (page.length === 0) return
    invariant(page[0]!.position > after, 'A page of a history begins where the one before it ended.')
    await codec.learn?.(page.map(({ payload }) => payload))
    for (const stored of page) {
      const recorded = recordedOf(stored, events, codec)
      state = entity.evolves.get(stored.type)?.(state, recorded.data, id, recorded.at) ?? state
      after = stored.position
      yield { ...recorded, state }
    }
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

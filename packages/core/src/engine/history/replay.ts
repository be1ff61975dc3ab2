import { type EntityDef, subjectOf } from '../../contract/entity.ts'
import type { EventDef } from '../../contract/event.ts'
import type { Moment, Recorded } from '../../contract/read.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { invariant, WaybillError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Store, StoredEvent } from '../../ports/store.ts'

/** What it takes to read a history. */
export interface Histories {
  readonly store: Pick<Store, 'history'>
  readonly codec: Codec
  /** See `eventsOf`. */
  readonly events: ReadonlyMap<string, EventDef>
  /** Whether a type that is not declared may stand there: then nothing of its payload is read. */
  mayHold(type: string): boolean
}

export function historiesOf(service: ServiceDef, store: Histories['store'], codec: Codec): Histories {
  return { store, codec, events: eventsOf(service), mayHold: (type) => service.retired.includes(type) }
}

/**
 * The events of an entity, each with the state after it; a page of them at a time is in memory.
 * @param span.from where to go on, with the state there; default: the beginning
 */
export async function* replay<S>(
  histories: Histories,
  entity: EntityDef<S>,
  id: string,
  { until, from }: { until?: Moment; from?: { state: S; position: number } } = {},
): AsyncGenerator<Recorded & { state: S }, void> {
  const { store, codec } = histories
  let { state, position: after } = from ?? { state: entity.initial, position: 0 }
  for (;;) {
    const page = await store.history(subjectOf(entity, id), { after, until })
    if (page.length === 0) return
    invariant(page[0]!.position > after, 'A page of a history begins where the one before it ended.')
    await codec.learn?.(page.map(({ payload }) => payload))
    for (const stored of page) {
      const recorded = recordedOf(stored, histories)
      state = entity.evolves.get(stored.type)?.(state, recorded.data, id, recorded.at) ?? state
      after = stored.position
      yield { ...recorded, state }
    }
  }
}

/**
 * An event of the history with its payload decoded.
 * @throws DEFINITION_CHANGED
 */
export function recordedOf(
  stored: StoredEvent,
  { events, mayHold, codec }: Omit<Histories, 'store'>,
): Recorded {
  const { position, id, type, at, correlationId, causationId } = stored
  const event = events.get(type)
  if (event === undefined && !mayHold(type)) {
    throw new WaybillError(
      'DEFINITION_CHANGED',
      `The history holds ${type}, which the service does not declare.`,
    )
  }
  return {
    position,
    id,
    type,
    at: new Date(at),
    correlationId,
    causationId,
    data: event === undefined ? {} : codec.decode(event, stored.payload),
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

import { subjectOf, type EntityDef } from '../contract/entity.ts'
import type { Emitted, EventDef } from '../contract/event.ts'
import type { ServiceDef } from '../contract/service.ts'
import type { Codec } from '../ports/codec.ts'
import type { Ids } from '../ports/ids.ts'
import {
  type Deadline,
  type EventHead,
  type Loaded,
  type Need,
  needNothing,
  type NewEvent,
} from '../ports/store.ts'
import { type Fold, fold } from './fold.ts'

/** What the batches of one service have in common. */
export interface BatchContext {
  readonly service: ServiceDef
  readonly codec: Codec
  readonly ids: Ids
  readonly timeScale: number
}

/** What a decision follows from. */
export interface Cause {
  readonly eventId: string
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly key: string
}

/** An entity that a decision is about. */
export interface Touched {
  readonly entity: EntityDef
  readonly id: string
}

type Payload = Readonly<Record<string, unknown>>

/** The new events of a batch and what they change. The part that a failing work has added can be taken back. */
export interface Draft {
  readonly picture: Fold
  readonly events: readonly NewEvent[]
  /** The payloads of `events`, in the same order. */
  readonly payloads: readonly Payload[]
  readonly deadlines: readonly Deadline[]
  /** A new event: gets its head and is stored, now or when it is due. */
  record(emitted: Emitted, touched: readonly Touched[], cause: Cause): Promise<void>
  /** Stores an event: folds it into the entities that evolve on it and projects it into the views. */
  store(
    event: EventDef,
    data: Payload,
    head: EventHead & { readonly payload: Uint8Array },
    touched: readonly Touched[],
  ): Promise<void>
  /** Changes the views that listen to an event. */
  project(event: EventDef, data: Payload, head: EventHead): Promise<void>
  mark(): void
  undo(): void
}

/**
 * @param now the time that the batch's events carry
 * @param more loads rows that nobody could foresee
 */
export function draft(
  { service, codec, ids, timeScale }: BatchContext,
  now: number,
  first: { need: Need; loaded: Loaded },
  more: (need: Need) => Promise<Loaded>,
): Draft {
  const at = new Date(now)
  const picture = fold()
  picture.load(first.need, first.loaded)
  const events: NewEvent[] = []
  const payloads: Payload[] = []
  const deadlines: Deadline[] = []
  let marked = { events: 0, deadlines: 0 }

  const self: Draft = {
    picture,
    events,
    payloads,
    deadlines,

    record: async ({ event, data, laterMs }, touched, cause) => {
      const first = touched.find(({ entity }) => entity.evolves.has(event.type))
      const head = {
        id: ids.newId(),
        type: event.type,
        topic: event.topic?.name,
        key: event.key === undefined ? cause.key : String(data[event.key]),
        subject: first && subjectOf(first.entity, first.id),
        correlationId: cause.correlationId,
        causationId: cause.eventId,
        traceparent: cause.traceparent,
        at: now,
        payload: codec.encode(event, data),
      }
      if (laterMs !== undefined) {
        deadlines.push({ ...head, dueAt: now + laterMs / timeScale, recorded: false })
        return
      }
      await self.store(event, data, head, touched)
      if (service.handlers.some((handler) => handler.event === event)) {
        deadlines.push({ ...head, dueAt: now, recorded: true })
      }
    },

    store: async (event, data, head, touched) => {
      const subjects: string[] = []
      for (const { entity, id } of touched) {
        const evolve = entity.evolves.get(event.type)
        if (evolve === undefined) continue
        const subject = subjectOf(entity, id)
        picture.setState(subject, evolve(picture.state(entity, id), data, id))
        subjects.push(subject)
      }
      const [subject, ...alsoSubjects] = subjects
      events.push({ ...head, subject, alsoSubjects })
      payloads.push(data)
      await self.project(event, data, head)
    },

    project: async (event, data, head) => {
      for (const view of service.views) {
        const projection = view.projections.get(event.type)
        if (projection === undefined) continue
        const keys = projection.keys(data)
        const unforeseen = keys.filter((key) => !picture.knowsRow(view.name, key))
        if (unforeseen.length > 0) {
          const need = { ...needNothing, rows: unforeseen.map((key) => ({ view: view.name, key })) }
          picture.load(need, await more(need))
        }
        const meta = { eventId: head.id, correlationId: head.correlationId, at }
        for (const key of keys) {
          picture.setRow(view, key, projection.project(picture.row(view, key), data, meta, key))
        }
      }
    },

    mark: () => {
      picture.mark()
      marked = { events: events.length, deadlines: deadlines.length }
    },

    undo: () => {
      picture.undo()
      events.length = marked.events
      payloads.length = marked.events
      deadlines.length = marked.deadlines
    },
  }
  return self
}

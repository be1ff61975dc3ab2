import { subjectOf, type EntityDef } from '../contract/entity.ts'
import type { Emitted, EventDef } from '../contract/event.ts'
import type { ServiceDef } from '../contract/service.ts'
import type { Project, ViewDef } from '../contract/view.ts'
import { invariant, messageOf, WaybillError } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'
import type { Ids } from '../ports/ids.ts'
import {
  type Deadline,
  type EventHead,
  type Loaded,
  type Need,
  needNothing,
  type NewEvent,
  rowId,
} from '../ports/store.ts'
import { type Fold, fold } from './fold.ts'
import type { Work } from './work.ts'

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
  record(emitted: Emitted, touched: readonly Touched[], cause: Cause): void
  /** Stores an event: folds it into the entities that evolve on it and shows it to the views. */
  store(
    event: EventDef,
    data: Payload,
    head: EventHead & { readonly payload: Uint8Array },
    touched: readonly Touched[],
  ): void
  /** Shows an event to the views. */
  show(event: EventDef, data: Payload, head: EventHead): void
  /** What follows is the doing of this work, and can be taken back. */
  mark(work: Work): void
  undo(): void
  /**
   * Folds what was shown into the views, at the end and in one go: which rows that takes is known only now.
   * @throws ProjectionFailed
   */
  project(more: (need: Need) => Promise<Loaded>): Promise<void>
}

/** A view could not be folded; the work whose event it was must not stand. */
export class ProjectionFailed extends Error {
  readonly work: Work

  constructor(work: Work, cause: unknown) {
    super(messageOf(cause), { cause })
    this.work = work
  }
}

/** An event on its way to the views. */
interface Shown {
  readonly work: Work
  readonly event: EventDef
  readonly data: Payload
  readonly head: EventHead
}

/** @param now the time that the batch's events carry */
export function draft(
  { service, codec, ids, timeScale }: BatchContext,
  now: number,
  first: { need: Need; loaded: Loaded },
): Draft {
  const at = new Date(now)
  const picture = fold()
  picture.load(first.need, first.loaded)
  const events: NewEvent[] = []
  const payloads: Payload[] = []
  const deadlines: Deadline[] = []
  const shown: Shown[] = []
  let current: Work | undefined
  let marked = { events: 0, deadlines: 0, shown: 0 }

  const self: Draft = {
    picture,
    events,
    payloads,
    deadlines,

    record: ({ event, data, laterMs }, touched, cause) => {
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
        if (touched.filter(({ entity }) => entity.evolves.has(event.type)).length > 1) {
          throw new WaybillError(
            'DECIDE_FAILED',
            `The deadline ${event.type} would belong to several entities.`,
          )
        }
        deadlines.push({ ...head, dueAt: now + laterMs / timeScale, recorded: false })
        return
      }
      self.store(event, data, head, touched)
      if (service.handlers.some((handler) => handler.event === event)) {
        deadlines.push({ ...head, dueAt: now, recorded: true })
      }
    },

    store: (event, data, head, touched) => {
      const subjects: string[] = []
      for (const { entity, id } of touched) {
        const evolve = entity.evolves.get(event.type)
        if (evolve === undefined) continue
        const subject = subjectOf(entity, id)
        picture.setState(subject, evolve(picture.state(entity, id), data, id, at))
        subjects.push(subject)
      }
      const [subject, ...alsoSubjects] = subjects
      events.push({ ...head, subject, alsoSubjects })
      payloads.push(data)
      self.show(event, data, head)
    },

    show: (event, data, head) => {
      invariant(current !== undefined, 'A draft changed before its first mark.')
      if (service.views.some((view) => view.projections.has(event.type))) {
        shown.push({ work: current, event, data, head })
      }
    },

    mark: (work) => {
      current = work
      picture.mark()
      marked = { events: events.length, deadlines: deadlines.length, shown: shown.length }
    },

    undo: () => {
      picture.undo()
      events.length = marked.events
      payloads.length = marked.events
      deadlines.length = marked.deadlines
      shown.length = marked.shown
    },

    project: async (more) => {
      const folds = shown.flatMap(foldsOf)
      const rows = folds
        .filter(({ view, key }) => !picture.knowsRow(view.name, key))
        .map(({ view, key }) => ({ view: view.name, key }))
      if (rows.length > 0) {
        const need = {
          ...needNothing,
          rows: [...new Map(rows.map((row) => [rowId(row.view, row.key), row])).values()],
        }
        picture.load(need, await more(need))
      }
      for (const { view, key, project, work, data, head } of folds) {
        const meta = { eventId: head.id, correlationId: head.correlationId, at }
        try {
          picture.setRow(view, key, project(picture.row(view, key), data, meta, key))
        } catch (cause) {
          throw new ProjectionFailed(work, cause)
        }
      }
    },
  }
  return self

  /** Each row of each view that an event changes. */
  function foldsOf(one: Shown): (Shown & { view: ViewDef; key: string; project: Project })[] {
    return service.views.flatMap((view) => {
      const projection = view.projections.get(one.event.type)
      if (projection === undefined) return []
      try {
        return projection.keys(one.data).map((key) => ({ ...one, view, key, project: projection.project }))
      } catch (cause) {
        throw new ProjectionFailed(one.work, cause)
      }
    })
  }
}

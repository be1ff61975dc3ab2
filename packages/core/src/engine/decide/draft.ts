import type { Emitted, EventDef } from '../../contract/event.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { invariant, WaybillError } from '../../errors.ts'
import { keyText } from '../../contract/key.ts'
import { checkKey, checkPayload } from '../../limits.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Ids } from '../../ports/ids.ts'
import { type EventHead, type Loaded, type Need, type NewDeadline, type NewEvent } from '../../ports/store.ts'
import { eachOnce, type Touched, type Work } from '../intake/work.ts'
import { asWritten } from './as-written.ts'
import { type Fold, fold } from './fold.ts'
import { project, type Shown } from './projections.ts'
import { checkJson } from './json-only.ts'
import { type Row, rowsOf } from './rows.ts'

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

type Payload = Readonly<Record<string, unknown>>

/** The new events of a batch and what they change. The part that a failing work has added can be taken back. */
export interface Draft {
  readonly picture: Fold
  readonly events: readonly NewEvent[]
  /** The payloads of `events`, in the same order. */
  readonly payloads: readonly Payload[]
  readonly deadlines: readonly NewDeadline[]
  /** Bytes of all new payloads. */
  readonly bytes: number
  /** A new event: gets its head and is stored, now or when it is due. */
  record(emitted: Emitted, touched: readonly Touched[], cause: Cause): void
  /** Stores an event: folds it into the entities that evolve on it and shows it to the views. */
  store(
    event: EventDef,
    data: Payload,
    head: EventHead & { readonly payload: Uint8Array },
    touched: readonly Touched[],
    rows: readonly Row[],
  ): void
  /** Shows an event to the views, for these rows of theirs. */
  show(data: Payload, head: EventHead, rows: readonly Row[]): void
  /** What follows is the doing of this work, and can be taken back. */
  mark(work: Work): void
  undo(): void
  /**
   * Folds what was shown into the views, at the end and in one go: which rows that takes is known only now.
   * @returns the works whose events a view could not fold, each with its error; nothing may be written then
   */
  project(more: (need: Need) => Promise<Loaded>): Promise<ReadonlyMap<Work, unknown>>
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
  const deadlines: NewDeadline[] = []
  const shown: Shown[] = []
  let bytes = 0
  let current: Work | undefined
  let marked = { events: 0, deadlines: 0, shown: 0 }

  function record({ event, data: made, laterMs }: Emitted, touched: readonly Touched[], cause: Cause): void {
    const evolving = touched.filter(({ entity }) => entity.evolves.has(event.type))
    const payload = codec.encode(event, made)
    checkPayload(event, made, payload)
    const data = asWritten(event, made, payload, codec)
    bytes += payload.length
    const head = {
      id: ids.newId(),
      type: event.type,
      topic: event.topic?.name,
      key: keyOf(event, data, cause),
      subject: evolving[0]?.subject,
      correlationId: cause.correlationId,
      causationId: cause.eventId,
      traceparent: cause.traceparent,
      at: now,
      payload,
    }
    if (laterMs === undefined) {
      store(event, data, head, touched, rowsOf(service, event, data))
      if (service.handlers.some((handler) => handler.event === event)) {
        deadlines.push({ ...head, afterMs: 0, recorded: true })
      }
    } else if (eachOnce(evolving).length > 1) {
      throw new WaybillError('DECIDE_FAILED', `The deadline ${event.type} would belong to several entities.`)
    } else deadlines.push({ ...head, afterMs: laterMs / timeScale, recorded: false })
  }

  const store: Draft['store'] = (event, data, head, touched, rows) => {
    const subjects: string[] = []
    for (const one of eachOnce(touched)) {
      const evolve = one.entity.evolves.get(event.type)
      if (evolve === undefined) continue
      const state = evolve(picture.state(one), data, one.id, at)
      checkJson(state, () => `The state of ${one.subject} after ${event.type}`)
      picture.setState(one, state)
      subjects.push(one.subject)
    }
    const [subject, ...alsoSubjects] = subjects
    events.push({ ...head, subject, alsoSubjects })
    payloads.push(data)
    show(data, head, rows)
  }

  const show: Draft['show'] = (data, head, rows) => {
    invariant(current !== undefined, 'A draft changed before its first mark.')
    for (const row of rows) shown.push({ row, work: current, data, head })
  }

  return {
    picture,
    events,
    payloads,
    deadlines,
    get bytes() {
      return bytes
    },
    record,
    store,
    show,
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
    project: (more) => project(shown, picture, at, more),
  }
}

function keyOf({ type, key }: EventDef, data: Payload, cause: Cause): string {
  if (key === undefined) return cause.key
  const value = keyText(data[key], `${type}.${key}`)
  checkKey(value, () => `${type}.${key}`)
  return value
}

import type { CommandDef } from '../../contract/command.ts'
import { type EntityDef, subjectOf } from '../../contract/entity.ts'
import type { EventDef } from '../../contract/event.ts'
import type { HandlerDef } from '../../contract/handler.ts'
import type { Refusal } from '../../contract/refusal.ts'
import type { ServiceDef } from '../../contract/service.ts'
import type { SystemDef } from '../../contract/system.ts'
import { isTerminal } from '../../errors.ts'
import { checkIds } from '../../limits.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Message } from '../../ports/log.ts'
import type { Deadline, EventHead, ParkedEntry } from '../../ports/store.ts'
import { queueOf } from '../aside/queue.ts'
import { isOwn, producerOf } from '../aside/source.ts'
import { type Row, rowsOf } from '../decide/rows.ts'
import type { Submission } from '../engine.ts'
import { admit, declared, isOfNewerVersion } from './admission.ts'

/** A command in a batch. */
export interface CommandWork {
  readonly kind: 'command'
  readonly command: CommandDef
  readonly input: unknown
  readonly how: Submission
  /** Of the command itself: the cause of its events. */
  readonly eventId: string
  readonly correlationId: string
  /** Of the entity that decides. */
  readonly id: string
  readonly gathered: unknown
  /** When it joined the queue, by the clock that never jumps. */
  readonly since: number
  resolve(answer: CommandAnswer): void
  reject(error: unknown): void
}

/** The answer to a command that was accepted, as it is kept for a repetition. */
export interface Accepted {
  readonly id: string
  readonly correlationId: string
  readonly reply: unknown
}

/** What a batch answers. The state of a replayed command was not looked at: `undefined`. */
export type CommandAnswer =
  | (Accepted & { readonly refused: false; readonly state: unknown; readonly replayed: boolean })
  | Refusal

/** Where an event came from. */
export type Origin =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'deadline'; readonly deadline: Deadline }
  /** `ageMs`: how long it has been set aside. */
  | { readonly kind: 'parked'; readonly entry: ParkedEntry; readonly ageMs: number }

/** An entity that a decision is about. */
export interface Touched {
  readonly entity: EntityDef
  readonly id: string
  readonly subject: string
}

/** A handler with the entities that this event makes it decide about. */
export interface Call {
  readonly handler: HandlerDef
  /** In the order of its `at`s: the one, or a list in which each is once. */
  readonly about: readonly (Touched | readonly Touched[])[]
  /** The same in one list. */
  readonly touched: readonly Touched[]
}

/** How an event's effect went, and which versions of the entities it had seen. */
export interface Settlement {
  readonly result:
    | { readonly kind: 'answered'; readonly value: unknown }
    | { readonly kind: 'unknown' }
    | { readonly kind: 'failed'; readonly error: unknown }
    | { readonly kind: 'running' }
    /** Too many others are under way. */
    | { readonly kind: 'waiting' }
  readonly seen: ReadonlyMap<string, number>
}

/** An event in a batch. */
export interface EventWork {
  readonly kind: 'event'
  readonly origin: Origin
  /**
   * What tells it from all others that this service is given: its topic and its id. By the id alone, who may write to one
   * topic could make an event of another one look like a repetition.
   */
  readonly name: string
  /** Where it stands, or would stand, if it had to wait. */
  readonly queue: string
  /** It cannot be told to be one of ours: it stands alone, holds up no other event, and its id counts for nothing. */
  readonly isAlone: boolean
  readonly head: EventHead & { readonly payload: Uint8Array }
  readonly event: EventDef | undefined
  readonly data: Readonly<Record<string, unknown>>
  readonly calls: readonly Call[]
  /** Of the views, those that it changes. */
  readonly rows: readonly Row[]
  /** Why it can't be handled at all. */
  readonly unreadable: unknown
  /** How its effect went, if it has one; set before the batch decides. */
  settlement: Settlement | undefined
}

export type Work = CommandWork | EventWork

/** What reading an event has found. */
type Reading = Pick<EventWork, 'isAlone' | 'event' | 'data' | 'calls' | 'rows' | 'unreadable'>

/** Reads an event and finds out whom and what it concerns; never throws: a fault is kept for the parking. */
export function toWork(
  origin: Origin,
  declarations: { system: SystemDef; service: ServiceDef; codec: Codec },
): EventWork {
  const head = headOf(origin)
  const { isAlone, event, data, calls, rows, unreadable } = read(origin, head, declarations)
  // Named one by one, as each event comes through here and spreading takes much longer.
  return {
    kind: 'event',
    origin,
    name: `${head.topic ?? ''}/${head.id}`,
    queue: queueOf(origin, isAlone),
    isAlone,
    head,
    event,
    data,
    calls,
    rows,
    unreadable,
    settlement: undefined,
  }
}

function read(
  origin: Origin,
  head: EventWork['head'],
  { system, service, codec }: Parameters<typeof toWork>[1],
): Reading {
  const arrived = { head, producer: producerOf(origin) }
  try {
    const event = isOwn({ origin }) ? declared(head, system) : admit(arrived, system)
    const data = codec.decode(event, head.payload)
    const calls = service.handlers
      .filter((handler) => handler.event.type === head.type)
      .map((handler) => callOf(handler, data))
    return { isAlone: false, event, data, calls, rows: rowsOf(service, event, data), unreadable: undefined }
  } catch (unreadable) {
    const isAlone =
      origin.kind === 'message' && isTerminal(unreadable) && !isOfNewerVersion(arrived, system, codec)
    return { isAlone, event: system.events.get(head.type), data: {}, calls: [], rows: [], unreadable }
  }
}

/** Whether I/O must come before its decision. */
export function hasEffect({ calls }: EventWork): boolean {
  return calls.some(({ handler }) => handler.effect !== undefined)
}

function headOf(origin: Origin): EventWork['head'] {
  switch (origin.kind) {
    case 'message':
      return origin.message.event
    case 'deadline':
      return origin.deadline
    case 'parked':
      return origin.entry.event
  }
}

function callOf(handler: HandlerDef, data: unknown): Call {
  const about = handler.targets.map(({ entity, select }) => {
    const chosen = select(data)
    const ids = typeof chosen === 'string' ? [chosen] : [...new Set(chosen)]
    checkIds(ids, () => `the handler on ${handler.event.type}, at ${entity.name}`)
    const touched = ids.map((id) => ({ entity, id, subject: subjectOf(entity, id) }))
    return typeof chosen === 'string' ? touched[0]! : touched
  })
  return { handler, about, touched: about.flat() }
}

/** Each entity once, however often it is named: an event stands once in a history. */
export function eachOnce(touched: readonly Touched[]): readonly Touched[] {
  return touched.length < 2 ? touched : [...new Map(touched.map((one) => [one.subject, one])).values()]
}

import { isRefusal } from '../contract/refusal.ts'
import type { Meta } from '../contract/meta.ts'
import { messageOf, WaybillError } from '../errors.ts'
import type { EventHead, Loaded, Need, Parked, StoredReply, Write } from '../ports/store.ts'
import { type BatchContext, type Cause, draft, ProjectionFailed, type Touched } from './draft.ts'
import { isOwn, isRecorded, parking } from './parking.ts'
import { statesOf } from './states.ts'
import type { Accepted, Call, CommandAnswer, CommandWork, EventWork, Work } from './work.ts'

/** What a batch comes to: what to write, and whom to tell once it is committed. */
export interface Decided {
  readonly write: Omit<Write, 'offsets'>
  /** The payloads of `write.events`, in the same order. */
  readonly payloads: readonly Readonly<Record<string, unknown>>[]
  readonly answers: readonly { readonly work: CommandWork; readonly answer: CommandAnswer }[]
  /** Commands that failed, each with its error. */
  readonly failures: readonly { readonly work: CommandWork; readonly error: unknown }[]
  /** What was set aside because it failed. */
  readonly failed: readonly { readonly parked: Parked; readonly cause: unknown }[]
}

/**
 * Decides a batch: every work in order, each on the state that the ones before it left. Does no I/O except `more`, so it
 * can run again after a conflict. A work that throws leaves no trace on the others: a command fails, an event is set aside.
 */
export async function decideBatch(
  context: BatchContext,
  works: readonly Work[],
  now: number,
  first: { need: Need; loaded: Loaded },
  more: (need: Need) => Promise<Loaded>,
): Promise<Decided> {
  const broken = new Map<Work, unknown>()
  for (;;) {
    try {
      return await decideOnce(context, works, now, first, more, broken)
    } catch (cause) {
      // Views are folded last, when others have built on the work already: all is decided again, without it.
      if (!(cause instanceof ProjectionFailed)) throw cause
      broken.set(cause.work, cause.cause)
    }
  }
}

/** @param broken works that are known to fail, with their errors */
async function decideOnce(
  context: BatchContext,
  works: readonly Work[],
  now: number,
  first: { need: Need; loaded: Loaded },
  more: (need: Need) => Promise<Loaded>,
  broken: ReadonlyMap<Work, unknown>,
): Promise<Decided> {
  const changes = draft(context, now, first)
  const aside = parking(now, first.loaded.parkedKeys, context.timeScale)
  const firedDeadlines: string[] = []
  const replies = new Map<string, StoredReply>(first.loaded.replies)
  const newReplies: Write['replies'][number][] = []
  const answers: Decided['answers'][number][] = []
  const failures: Decided['failures'][number][] = []
  /** Received events of this batch: one may come twice in it. */
  const seen = new Set(first.loaded.duplicates)
  const at = new Date(now)
  const newId = (): string => context.ids.newId()
  const meta = ({ eventId, correlationId }: Cause): Meta => ({
    eventId,
    correlationId,
    at,
    newId,
  })

  for (const work of works) {
    changes.mark(work)
    try {
      if (broken.has(work)) throw broken.get(work)
      if (work.kind === 'command') answers.push({ work, answer: decideCommand(work) })
      else decideEvent(work)
    } catch (cause) {
      changes.undo()
      if (work.kind === 'command') failures.push({ work, error: asFailure(cause, work.command.name) })
      else aside.failed(work, cause)
    }
    // Handled or set aside: either way its deadline has done its part.
    if (work.kind === 'event' && work.origin.kind === 'deadline') firedDeadlines.push(work.head.id)
  }
  await changes.project(more)

  return {
    write: {
      events: changes.events,
      snapshots: changes.picture.changedSnapshots(),
      rows: changes.picture.changedRows(),
      deadlines: changes.deadlines,
      firedDeadlines,
      park: aside.park,
      unpark: aside.unpark,
      repark: aside.repark,
      replies: newReplies,
    },
    payloads: changes.payloads,
    answers,
    failures,
    failed: aside.failures,
  }

  function decideCommand({ command, input, id, how, gathered, ...work }: CommandWork): CommandAnswer {
    const { idempotency } = how
    const earlier = idempotency && replies.get(idempotency.slot)
    if (earlier !== undefined) {
      if (earlier.fingerprint !== idempotency!.fingerprint) {
        throw new WaybillError(
          'IDEMPOTENCY_KEY_REUSED',
          'This Idempotency-Key was used with another request.',
        )
      }
      return { refused: false, ...(earlier.reply as Accepted), state: undefined, replayed: true }
    }
    const cause = { ...work, traceparent: how.traceparent, key: id }
    const state = changes.picture.state(command.entity, id)
    const decision = command.decide(state, input, { ...meta(cause), id, caller: how.caller, gathered })
    if (isRefusal(decision)) return decision
    for (const emitted of decision) changes.record(emitted, [{ entity: command.entity, id }], cause)
    const after = changes.picture.state(command.entity, id)
    const accepted: Accepted = {
      id,
      correlationId: work.correlationId,
      reply: command.reply(after, { id, input }),
    }
    if (idempotency !== undefined) {
      const stored = { ...idempotency, reply: accepted, at: now }
      replies.set(idempotency.slot, stored)
      newReplies.push(stored)
    }
    return { refused: false, ...accepted, state: after, replayed: false }
  }

  function decideEvent(work: EventWork): void {
    const { origin, head, settlement } = work
    if (origin.kind === 'message') {
      if (seen.has(head.id)) return
      seen.add(head.id)
    }
    if (aside.mustWait(work)) return aside.behind(work)
    if (work.unreadable !== undefined) throw work.unreadable
    if (hasEffect(work)) {
      if (settlement?.result.kind === 'running') return aside.underWay(work)
      if (settlement?.result.kind === 'failed') throw settlement.result.error
      // An earlier event of its key comes first; the effect has not run.
      if (settlement === undefined) return aside.behind(work)
      // The state is no longer the one that the effect saw: it runs again, with the same idempotency key.
      if (isOutdated(settlement.seen)) return aside.outdated(work)
    }
    receive(work)
    const cause = { ...head, eventId: head.id }
    for (const call of work.calls.filter(({ handler }) => !handler.observes)) {
      const outcome = call.handler.effect && outcomeOf(settlement)
      const decision = call.handler.decide(statesOf(call, changes.picture), work.data, {
        ...meta(cause),
        outcome,
      })
      for (const emitted of decision) changes.record(emitted, touchedBy(call), cause)
    }
    aside.settled(work)
  }

  /** What the event itself changes, before anybody decides. */
  function receive(work: EventWork): void {
    const event = work.event!
    if (isOwn(work)) {
      // A deadline is recorded when it fires; an event that the service handles itself is recorded already.
      if (!isRecorded(work)) changes.store(event, work.data, { ...work.head, at: now }, ownersOf(work.head))
      return
    }
    const observing = work.calls.filter(({ handler }) => handler.observes)
    if (observing.length === 0) changes.show(event, work.data, work.head)
    else {
      const head = { ...work.head, topic: undefined, at: now }
      changes.store(event, work.data, head, observing.flatMap(touchedBy))
    }
  }

  function isOutdated(versions: ReadonlyMap<string, number>): boolean {
    return [...versions].some(([subject, version]) => changes.picture.version(subject) !== version)
  }

  function ownersOf({ subject }: EventHead): Touched[] {
    const entity = context.service.entities.find(({ name }) => subject?.startsWith(`${name}/`))
    return entity === undefined ? [] : [{ entity, id: subject!.slice(entity.name.length + 1) }]
  }
}

/** Whether I/O must come before its decision. */
export function hasEffect({ calls }: EventWork): boolean {
  return calls.some(({ handler }) => handler.effect !== undefined)
}

function touchedBy({ handler, ids }: Call): Touched[] {
  return handler.targets.flatMap(({ entity }, index) => [ids[index]!].flat().map((id) => ({ entity, id })))
}

function outcomeOf(settlement: EventWork['settlement']): Parameters<Call['handler']['decide']>[2]['outcome'] {
  return settlement?.result.kind === 'answered'
    ? { status: 'answered', value: settlement.result.value }
    : { status: 'unknown' }
}

function asFailure(cause: unknown, name: string): unknown {
  return cause instanceof WaybillError
    ? cause
    : new WaybillError('DECIDE_FAILED', `The command ${name} failed: ${messageOf(cause)}`, { cause })
}

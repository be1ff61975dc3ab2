import type { EventHead } from '../../ports/store.ts'
import { attemptsOf } from '../aside/parking.ts'
import { isOwn, isRecorded } from '../aside/source.ts'
import { type Call, type EventWork, hasEffect, type Touched } from '../intake/work.ts'
import { pace } from '../pace.ts'
import type { Deciding } from './deciding.ts'
import { statesOf } from './states.ts'

/** Handles an event, or sets it aside. What it throws is for the caller to deal with. */
export function decideEvent(deciding: Deciding, work: EventWork): void {
  const { changes, aside, meta } = deciding
  const { head, settlement } = work
  if (isRepeated(deciding, work)) return
  if (aside.mustWait(work)) return aside.behind(work)
  if (work.unreadable !== undefined) throw work.unreadable
  if (hasEffect(work) && !isSettled(deciding, work)) return
  receive(deciding, work)
  const cause = { ...head, eventId: head.id }
  for (const call of work.calls.filter(({ handler }) => !handler.observes)) {
    const outcome = call.handler.effect && outcomeOf(settlement)
    const states = statesOf(call, changes.picture)
    const decision = call.handler.decide(states, work.data, { ...meta(cause), outcome })
    for (const emitted of decision) changes.record(emitted, call.touched, cause)
  }
  aside.settled(work)
}

function isRepeated({ aside, seen }: Deciding, work: EventWork): boolean {
  if (work.origin.kind !== 'message') return false
  // Only the same one has this queue.
  if (work.isAlone) return aside.mustWait(work)
  if (seen.has(work.name)) return true
  seen.add(work.name)
  return false
}

/** Whether the outcome of its effect is there; if not, the event is set aside until it is. */
function isSettled({ aside, changes }: Deciding, work: EventWork): boolean {
  const { settlement } = work
  // An earlier event of its queue comes first; the effect has not run.
  if (settlement === undefined) aside.behind(work)
  else if (settlement.result.kind === 'running') aside.underWay(work)
  else if (settlement.result.kind === 'waiting') aside.waiting(work)
  else if (settlement.result.kind === 'failed') throw settlement.result.error
  else if (isOutdated(settlement.seen) && attemptsOf(work) < pace.effectRerunsMax) aside.outdated(work)
  else return true
  return false

  /** The state is no longer the one that the effect saw: it runs again, with the same idempotency key. */
  function isOutdated(versions: ReadonlyMap<string, number>): boolean {
    return [...versions].some(([subject, version]) => changes.picture.version(subject) !== version)
  }
}

/** What the event itself changes, before anybody decides. */
function receive({ changes, service, now }: Deciding, work: EventWork): void {
  const event = work.event!
  const { head, data, rows } = work
  if (isOwn(work)) {
    // A deadline is recorded when it fires; an event that the service handles itself is recorded already.
    if (!isRecorded(work)) changes.store(event, data, { ...head, at: now }, ownerOf(service, head), rows)
    return
  }
  const observing = work.calls.filter(({ handler }) => handler.observes)
  if (observing.length === 0) changes.show(data, head, rows)
  else {
    const stored = { ...head, topic: undefined, at: now }
    const touched = observing.flatMap((call) => call.touched)
    changes.store(event, data, stored, touched, rows)
  }
}

function ownerOf({ entities }: Deciding['service'], { subject }: EventHead): readonly Touched[] {
  const entity = entities.find(({ name }) => subject?.startsWith(`${name}/`))
  return entity === undefined
    ? []
    : [{ entity, id: subject!.slice(entity.name.length + 1), subject: subject! }]
}

function outcomeOf(settlement: EventWork['settlement']): Parameters<Call['handler']['decide']>[2]['outcome'] {
  return settlement?.result.kind === 'answered'
    ? { status: 'answered', value: settlement.result.value }
    : { status: 'unknown' }
}

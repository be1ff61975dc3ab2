import { subjectOf } from '../../contract/entity.ts'
import type { EventDef } from '../../contract/event.ts'
import type { ServiceDef } from '../../contract/service.ts'
import { type Need, rowId } from '../../ports/store.ts'
import type { EventWork, Work } from '../intake/work.ts'

/**
 * What a batch needs. Rows are guessed where an event to come will name them: by the keys at hand, which is nearly
 * always right and saves a round trip; what was not guessed is loaded when it is needed.
 * @param claims whether the log can repeat events, so that their ids must be claimed
 */
export function needOf(works: readonly Work[], service: ServiceDef, claims: boolean): Need {
  const claim: string[] = []
  const subjects = new Set<string>()
  const rows = new Map<string, Need['rows'][number]>()
  const queues = new Set<string>()
  const slots = new Set<string>()

  for (const work of works) {
    if (work.kind === 'event') {
      needEvent(work)
      continue
    }
    subjects.add(subjectOf(work.command.entity, work.id))
    guessRows(work.command.emits, work.id)
    if (work.how.idempotency !== undefined) slots.add(work.how.idempotency.slot)
  }
  // In one order for everybody: batches of two processes that lock the same entities then never wait for each other.
  return {
    claim,
    subjects: [...subjects].sort(),
    rows: [...rows.values()],
    queues: [...queues],
    slots: [...slots],
  }

  function needEvent(work: EventWork): void {
    const { origin, head, queue, calls, rows: changed } = work
    if (claims) claim.push(...claimOf(work))
    queues.add(queue)
    // A deadline is recorded in the entity that set it.
    if (head.subject !== undefined && origin.kind !== 'message') subjects.add(head.subject)
    for (const { handler, touched } of calls) {
      for (const { subject } of touched) subjects.add(subject)
      guessRows(handler.emits, head.key)
    }
    for (const { id, view, key } of changed) rows.set(id, { view: view.name, key })
  }

  function guessRows(emits: readonly EventDef[], key: string): void {
    for (const view of service.views) {
      if (!emits.some((event) => view.projections.has(event.type))) continue
      rows.set(rowId(view.name, key), { view: view.name, key })
    }
  }
}

/** By what an event that has come is known again, if it has an id that counts. */
export function claimOf(work: Work): readonly string[] {
  return work.kind === 'event' && work.origin.kind === 'message' && !work.isAlone ? [work.name] : []
}

import { subjectOf } from '../contract/entity.ts'
import type { EventDef } from '../contract/event.ts'
import type { ServiceDef } from '../contract/service.ts'
import type { Need } from '../ports/store.ts'
import type { EventWork, Work } from './work.ts'

/**
 * What a batch needs. Rows are guessed where an event to come will name them: by the keys at hand, which is nearly
 * always right and saves a round trip; what was not guessed is loaded when it is needed.
 * @param claimedAt now, where the log can repeat events. Their own time may be any: an id claimed with one that is long
 *   past would be forgotten before its repetition comes
 */
export function needOf(works: readonly Work[], service: ServiceDef, claimedAt?: number): Need {
  const claim: Need['claim'][number][] = []
  const subjects = new Set<string>()
  const rows = new Map<string, { view: string; key: string }>()
  const keys = new Set<string>()
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
    keys: [...keys],
    slots: [...slots],
  }

  function needEvent({ origin, head, data, calls }: EventWork): void {
    if (claimedAt !== undefined && origin.kind === 'message') claim.push({ id: head.id, at: claimedAt })
    if (origin.kind !== 'parked') keys.add(head.key)
    // A deadline is recorded in the entity that set it.
    if (head.subject !== undefined && origin.kind !== 'message') subjects.add(head.subject)
    for (const call of calls) {
      for (const subject of call.subjects) subjects.add(subject)
      guessRows(call.handler.emits, head.key)
    }
    for (const view of service.views) {
      for (const key of view.projections.get(head.type)?.keys(data) ?? []) needRow(view.name, key)
    }
  }

  function guessRows(emits: readonly EventDef[], key: string): void {
    for (const view of service.views) {
      if (emits.some((event) => view.projections.has(event.type))) needRow(view.name, key)
    }
  }

  function needRow(view: string, key: string): void {
    rows.set(`${view}/${key}`, { view, key })
  }
}

import type { EventWork } from '../intake/work.ts'

/** Parked events remember where they came from; these two are the service's own. */
const fromDeadline = 'deadline'
const fromSelf = 'self'

/** Where an event came from, as it is remembered with a parked one. */
export function sourceOf(work: EventWork): string {
  const { origin } = work
  if (origin.kind === 'parked') return origin.entry.source
  if (origin.kind === 'message') {
    const { source, partition, position } = origin.message
    return `${source}/${partition}/${position}`
  }
  return isRecorded(work) ? fromSelf : fromDeadline
}

/** Whether the service sent the event to itself. */
export function isOwn({ origin }: EventWork): boolean {
  if (origin.kind === 'parked')
    return origin.entry.source === fromDeadline || origin.entry.source === fromSelf
  return origin.kind === 'deadline'
}

/** Whether an own event stands in the history already. */
export function isRecorded({ origin }: EventWork): boolean {
  if (origin.kind === 'parked') return origin.entry.source === fromSelf
  return origin.kind === 'deadline' && origin.deadline.recorded
}

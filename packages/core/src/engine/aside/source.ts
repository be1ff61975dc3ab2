import type { EventWork, Origin } from '../intake/work.ts'

/** Parked events remember where they came from; these two are the service's own. */
const fromDeadline = 'deadline'
const fromSelf = 'self'
/** Older versions did not keep who published what came from Kafka. */
const fromLog = /^([^/]*)\/.*\/\d+\/-?\d+$/s

/** Where an event came from, as it is remembered with a parked one. */
export function sourceOf(work: EventWork): string {
  const { origin } = work
  if (origin.kind === 'parked') return origin.entry.source
  if (origin.kind === 'message') {
    const { producer, partition, position, event } = origin.message
    return `${producer}/${event.topic ?? ''}/${partition}/${position}`
  }
  return isRecorded(work) ? fromSelf : fromDeadline
}

/** Who published what came from a log, as `Message` has it; `undefined` where that was not kept. */
export function producerOf(origin: Origin): string | undefined {
  if (origin.kind === 'message') return origin.message.producer
  return origin.kind === 'parked' ? fromLog.exec(origin.entry.source)?.[1] : undefined
}

/** Whether the service sent the event to itself. */
export function isOwn({ origin }: Pick<EventWork, 'origin'>): boolean {
  if (origin.kind === 'parked')
    return origin.entry.source === fromDeadline || origin.entry.source === fromSelf
  return origin.kind === 'deadline'
}

/** Whether an own event stands in the history already. */
export function isRecorded({ origin }: EventWork): boolean {
  if (origin.kind === 'parked') return origin.entry.source === fromSelf
  return origin.kind === 'deadline' && origin.deadline.recorded
}

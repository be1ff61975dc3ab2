import type { Message } from '../../ports/log.ts'
import { reachedBy } from '../intake/backlog.ts'
import type { Batch } from '../intake/intake.ts'
import type { Work } from '../intake/work.ts'

/** The first works of a batch, and how far the log is handled with them. */
export function firstOf(batch: Batch, count: number): Batch {
  if (count === batch.works.length) return batch
  const works = batch.works.slice(0, count)
  return { ...batch, works, reached: reachedBy(works.flatMap(messageOf), batch.reached) }
}

/** What is left of a batch when its first works are committed. */
export function restOf(batch: Batch, count: number): Batch {
  return { ...batch, works: batch.works.slice(count) }
}

/** Without works that came from elsewhere than from callers and from a log. */
export function withoutOwn(batch: Batch): Batch {
  const works = batch.works.filter((work) => work.kind === 'command' || work.origin.kind === 'message')
  return { ...batch, works }
}

export function messageOf(work: Work): readonly Message[] {
  return work.kind === 'event' && work.origin.kind === 'message' ? [work.origin.message] : []
}

import type { Message } from '../../ports/log.ts'
import type { Arrivals } from '../intake/arrivals.ts'
import { reachedBy } from '../intake/backlog.ts'
import type { Batch } from '../intake/intake.ts'
import type { CommandWork, Work } from '../intake/work.ts'

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

/** Without what is another process's by now, or has to wait. */
export function currentOf(batch: Batch, arrivals: Pick<Arrivals, 'isCurrent'>): Batch {
  const { fence, works, reached } = batch
  if (fence === undefined) return batch
  return {
    fence,
    works: works.filter((work) => messageOf(work).every((message) => arrivals.isCurrent(fence, message))),
    reached: reached.filter((offset) => arrivals.isCurrent(fence, offset)),
  }
}

/** Refuses commands that have waited since before `since`, and leaves them out. */
export function giveUpLate(batch: Batch, cause: unknown, since: number): Batch {
  const isLate = (work: Work): work is CommandWork => work.kind === 'command' && work.since < since
  for (const work of batch.works) if (isLate(work)) work.reject(cause)
  return { ...batch, works: batch.works.filter((work) => !isLate(work)) }
}

export function isEmpty({ works, reached, fence }: Batch): boolean {
  return works.length === 0 && (fence?.expecting(reached).length ?? 0) === 0
}

import type { Batch } from '../intake/intake.ts'
import type { EventWork, Work } from '../intake/work.ts'
import { pace } from '../pace.ts'
import { firstOf, restOf } from './batches.ts'

/** Conflicts come by chance. Many, one after the other, do not. */
export function isBlamed({ works }: Batch, conflicts: number): boolean {
  if (works.length > 1) return conflicts >= pace.conflictsMax
  return works[0]?.kind === 'event' && conflicts >= pace.conflictsAloneMax
}

/**
 * After an error that the store does not explain: one work of the batch may be to blame, so each half goes alone.
 * @param broken works that are known to fail; the one that is to blame is added
 * @param rest.halt for an event that cannot even be set aside
 * @throws the error, when there is no work that could be to blame
 */
export async function isolate(
  batch: Batch,
  broken: Map<Work, unknown>,
  cause: unknown,
  rest: {
    commit(batch: Batch, broken: Map<Work, unknown>): Promise<void>
    halt(work: EventWork, cause: unknown): void
  },
): Promise<void> {
  const [only] = batch.works
  if (only === undefined) throw cause
  if (batch.works.length > 1) {
    const half = batch.works.length >> 1
    await rest.commit(firstOf(batch, half), broken)
    await rest.commit(restOf(batch, half), broken)
  } else if (only.kind === 'command') {
    only.reject(cause)
    await rest.commit(restOf(batch, 1), broken)
  } else if (!broken.has(only)) {
    broken.set(only, cause)
    await rest.commit(batch, broken)
  } else rest.halt(only, cause)
}

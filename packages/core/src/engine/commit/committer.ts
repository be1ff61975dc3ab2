import { hasCode } from '../../errors.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Effects } from '../effects/effects.ts'
import type { Arrivals } from '../intake/arrivals.ts'
import type { Commands } from '../intake/commands.ts'
import type { Batch } from '../intake/intake.ts'
import type { Timetable } from '../intake/timetable.ts'
import type { CommandWork, EventWork, Work } from '../intake/work.ts'
import { backoffMs, pace, storeAwayMs } from '../pace.ts'
import { firstOf, messageOf, restOf, withoutOwn } from './batches.ts'
import { halts } from './halts.ts'
import type { Done, Transact } from './transaction.ts'

/** Commits batches, whatever goes wrong. */
export interface Committer {
  /** Resolves when every work is committed, set aside, or refused. None is lost, and none holds up the others for good. */
  commit(batch: Batch): Promise<void>
}

export function committer(options: {
  service: string
  clock: Clock
  transact: Transact
  arrivals: Arrivals
  times: Timetable
  commands: Pick<Commands, 'hinder'>
  effects: Pick<Effects, 'committed'>
  telemetry: Pick<Telemetry, 'retried' | 'halted'>
  /** Tells everybody who wants to know; never throws. */
  tell: (done: Done) => void
  isStopping: () => boolean
}): Committer {
  const { service, clock, transact, arrivals, times, commands, effects, telemetry, tell, isStopping } =
    options
  const halted = halts(service, telemetry)

  /** Without what is another process's by now, or has to wait. */
  function current(batch: Batch): Batch {
    const { fence, works, reached } = batch
    if (fence === undefined) return batch
    return {
      fence,
      works: works.filter((work) => messageOf(work).every((message) => arrivals.isCurrent(fence, message))),
      reached: reached.filter((offset) => arrivals.isCurrent(fence, offset)),
    }
  }

  /** @param broken works that are known to fail */
  async function commit(batch: Batch, broken = new Map<Work, unknown>()): Promise<void> {
    let left = current(batch)
    let conflicts = 0
    for (let attempt = 1; !isEmpty(left); attempt += 1) {
      const done = await transact(left, broken).catch((cause: unknown) => ({ cause }))
      if (!('cause' in done)) {
        committed(left, done)
        left = current(restOf(left, done.count))
        attempt = 0
        conflicts = 0
        continue
      }
      const { cause } = done
      if (hasCode(cause, 'OFFSETS_LOST')) await arrivals.reset()
      else if (hasCode(cause, 'BATCH_CONFLICT')) {
        conflicts += 1
        if (isBlamed(left, conflicts)) return isolate(left, broken, cause)
        // Another process may have settled a deadline or a parked event of this batch; if not, they come again.
        left = withoutOwn(left)
        times.look()
      } else if (!hasCode(cause, 'STORE_UNAVAILABLE')) return isolate(left, broken, cause)
      await pauseAfter(cause, attempt)
      left = current(giveUpLate(left, cause))
      if (isStopping() && left.works.every(({ kind }) => kind === 'event')) return
    }
  }

  function committed(batch: Batch, done: Done): void {
    const { works, fence } = firstOf(batch, done.count)
    commands.hinder(undefined)
    fence?.moved(done.offsets)
    arrivals.saved(done.offsets)
    effects.committed(works)
    times.committed(done.write)
    halted.goOn(done.offsets, works)
    tell(done)
  }

  async function pauseAfter(cause: unknown, attempt: number): Promise<void> {
    commands.hinder(cause)
    const delayMs = storeAwayMs(attempt)
    telemetry.retried({ service, cause, delayMs })
    await sleep(clock, delayMs)
  }

  /** An error that the store does not explain: one work of the batch may be to blame, so each half goes alone. */
  async function isolate(batch: Batch, broken: Map<Work, unknown>, cause: unknown): Promise<void> {
    const [only] = batch.works
    if (batch.works.length > 1) {
      const half = batch.works.length >> 1
      await commit(firstOf(batch, half), broken)
      await commit(restOf(batch, half), broken)
    } else if (only?.kind === 'command') {
      only.reject(cause)
      await commit(restOf(batch, 1), broken)
    } else if (only !== undefined && !broken.has(only)) {
      broken.set(only, cause)
      await commit(batch, broken)
    } else if (only !== undefined) halt(only, cause)
    else throw cause
  }

  /** It can't even be set aside. Whatever comes behind it waits, and nothing else does. */
  function halt(work: EventWork, cause: unknown): void {
    const [message] = messageOf(work)
    const delayMs = backoffMs(halted.add(message, cause))
    if (message === undefined) times.pause(delayMs)
    else arrivals.hold(message, delayMs)
  }

  function giveUpLate(batch: Batch, cause: unknown): Batch {
    const isLate = (work: Work): work is CommandWork =>
      work.kind === 'command' && clock.monotonic() - work.since > pace.commandPatienceMs
    for (const work of batch.works) if (isLate(work)) work.reject(cause)
    return { ...batch, works: batch.works.filter((work) => !isLate(work)) }
  }

  return { commit }
}

function isEmpty({ works, reached, fence }: Batch): boolean {
  return works.length === 0 && (fence?.expecting(reached).length ?? 0) === 0
}

/** Conflicts come by chance. Many, one after the other, do not. */
function isBlamed({ works }: Batch, conflicts: number): boolean {
  if (works.length > 1) return conflicts >= pace.conflictsMax
  return works[0]?.kind === 'event' && conflicts >= pace.conflictsAloneMax
}

import { hasCode } from '../../errors.ts'
import { type Clock, sleep } from '../../ports/clock.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Effects } from '../effects/effects.ts'
import type { Arrivals } from '../intake/arrivals.ts'
import type { Commands } from '../intake/commands.ts'
import type { Batch } from '../intake/intake.ts'
import type { Timetable } from '../intake/timetable.ts'
import type { EventWork, Work } from '../intake/work.ts'
import { backoffMs, pace, storeAwayMs } from '../pace.ts'
import { currentOf, firstOf, giveUpLate, isEmpty, messageOf, restOf, withoutOwn } from './batches.ts'
import { halts } from './halts.ts'
import { isBlamed, isolate } from './isolate.ts'
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

  const current = (batch: Batch): Batch => currentOf(batch, arrivals)

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
        if (isBlamed(left, conflicts)) return isolate(left, broken, cause, rest)
        // Another process may have settled a deadline or a parked event of this batch; if not, they come again.
        left = withoutOwn(left)
        times.look()
      } else if (!hasCode(cause, 'STORE_UNAVAILABLE')) return isolate(left, broken, cause, rest)
      await pauseAfter(cause, attempt)
      left = current(giveUpLate(left, cause, clock.monotonic() - pace.commandPatienceMs))
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

  /** It can't even be set aside. Whatever comes behind it waits, and nothing else does. */
  function halt(work: EventWork, cause: unknown): void {
    const [message] = messageOf(work)
    const delayMs = backoffMs(halted.add(message, cause))
    if (message === undefined) times.pause(delayMs)
    else arrivals.hold(message, delayMs)
  }

  const rest = { commit, halt }
  return { commit }
}

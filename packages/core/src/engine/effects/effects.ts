import type { Clock } from '../../ports/clock.ts'
import { type Loaded, needNothing } from '../../ports/store.ts'
import { type Fold, fold } from '../decide/fold.ts'
import { statesOf } from '../decide/states.ts'
import type { EventWork, Settlement, Work } from '../intake/work.ts'
import { pace } from '../pace.ts'
import { type Signal, signal, waitAtMost } from '../signal.ts'
import { act, type Acting } from './act.ts'

/** Runs the effects of a service: outside any transaction, at least once, always with the same idempotency key. */
export interface Effects {
  /**
   * Runs the effects of these events side by side and notes on each work how it went. Returns when all have ended, or
   * when none has for a while: the rest stay `running`, are set aside by the batch, and come back when they have ended.
   * @param meanwhile what others need done in that time; called when somebody has nudged
   */
  settle(works: readonly EventWork[], loaded: Loaded, meanwhile: () => Promise<void>): Promise<void>
  /** These works are committed: their outcomes have done their part. */
  committed(works: readonly Work[]): void
  /** There is something to do meanwhile. */
  nudge(): void
}

interface Run {
  readonly queue: string
  settlement: Settlement
  /** By the clock that never jumps; `undefined`: it is under way. */
  endedAt: number | undefined
  isWaitedFor: boolean
}

/** @param options.ended called when an effect ends that nobody waits for any more, with the queue of its event */
export function effects(options: Acting & { ended: (queue: string) => void }): Effects {
  const { clock, ended } = options
  /** By the name of their event. */
  const runs = new Map<string, Run>()
  const progress = signal()
  let underWay = 0
  let tidiedAt = clock.monotonic()

  function begin(work: EventWork, picture: Fold): Run | undefined {
    if (underWay >= pace.effectsMax) return undefined
    const call = work.calls.find(({ handler }) => handler.effect !== undefined)!
    const seen = new Map(call.touched.map(({ subject }) => [subject, picture.version(subject)]))
    const run: Run = {
      queue: work.queue,
      settlement: { result: { kind: 'running' }, seen },
      endedAt: undefined,
      isWaitedFor: true,
    }
    runs.set(work.name, run)
    underWay += 1
    void act(options, work, call, () => statesOf(call, picture)).then((result) => {
      run.settlement = { result, seen }
      run.endedAt = clock.monotonic()
      underWay -= 1
      progress.ring()
      if (!run.isWaitedFor) ended(run.queue)
    })
    return run
  }

  /** An event may have gone to another process: then nobody asks for its outcome. */
  function tidy(): void {
    const now = clock.monotonic()
    if (now - tidiedAt < pace.effectKeepMs) return
    tidiedAt = now
    for (const [id, { endedAt }] of runs) {
      if (endedAt !== undefined && now - endedAt > pace.effectKeepMs) runs.delete(id)
    }
  }

  return {
    settle: async (works, loaded, meanwhile) => {
      tidy()
      const picture = fold()
      picture.load(needNothing, loaded)
      const mine = works.map((work) => ({ work, run: runs.get(work.name) ?? begin(work, picture) }))
      const waitedFor = mine.flatMap(({ run }) => (run?.isWaitedFor ? run : []))
      await quiet(waitedFor, { clock, progress, meanwhile })
      for (const { work, run } of mine) {
        work.settlement = run?.settlement ?? { result: { kind: 'waiting' }, seen: new Map() }
        if (run !== undefined) run.isWaitedFor = false
      }
    },
    committed: (works) => {
      if (runs.size === 0) return
      for (const work of works) {
        if (work.kind !== 'event') continue
        const run = runs.get(work.name)
        // One that has ended since has yet to do its part.
        if (run?.endedAt !== undefined && run.settlement === work.settlement) runs.delete(work.name)
      }
    },
    nudge: progress.ring,
  }
}

/** Resolves when all of these have ended, or none has for a while. */
async function quiet(
  waitedFor: readonly Run[],
  { clock, progress, meanwhile }: { clock: Clock; progress: Signal; meanwhile: () => Promise<void> },
): Promise<void> {
  let endedAt = clock.monotonic()
  let open = waitedFor.length
  for (;;) {
    const left = waitedFor.filter((run) => run.endedAt === undefined).length
    if (left < open) endedAt = clock.monotonic()
    open = left
    const quietMs = open >= pace.effectCrowdMin ? pace.effectCrowdQuietMs : pace.effectQuietMs
    const leftMs = endedAt + quietMs - clock.monotonic()
    if (open === 0 || leftMs <= 0) return
    await waitAtMost(clock, progress, leftMs)
    await meanwhile()
  }
}

import type { EffectIo } from '../contract/effect.ts'
import { toMs } from '../contract/duration.ts'
import { messageOf, WaybillError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { type Loaded, needNothing } from '../ports/store.ts'
import { attempt } from './attempt.ts'
import { effectIo } from './effect-io.ts'
import { fold } from './fold.ts'
import { attemptMs, limits } from './limits.ts'
import { signal } from './signal.ts'
import { statesOf } from './states.ts'
import type { Call, EventWork, Settlement } from './work.ts'

/** Runs the effects of a service: outside any transaction, at least once, always with the same idempotency key. */
export interface Effects {
  /**
   * Runs the effects of these events side by side and notes on each work how it went. Returns when all have ended, or
   * when none has for a while: the rest stay `running`, are set aside by the batch, and come back by `takeEndedKeys`.
   */
  settle(works: readonly EventWork[], loaded: Loaded): Promise<void>
  /** Keys of events whose effect has ended since they were set aside; each is told once. */
  takeEndedKeys(): readonly string[]
}

interface Run {
  readonly key: string
  settlement: Settlement
}

export function effects(options: {
  service: string
  clock: Clock
  io: Pick<EffectIo, 'ask' | 'nextNumber'>
  timeScale: number
  /** Called when an effect ends that nobody waits for any more. */
  ended: () => void
}): Effects {
  const { service, clock, io, timeScale, ended } = options
  const runs = new Map<string, Run>()
  const endedKeys = new Set<string>()

  /** One attempt. Never rejects. */
  async function run(work: EventWork, call: Call, states: unknown): Promise<Settlement['result']> {
    const { run: effect, limits: declared } = call.handler.effect!
    const within = declared.within === undefined ? Infinity : toMs(declared.within) / timeScale
    const since = work.origin.kind === 'parked' ? work.origin.entry.since : clock.now()
    const leftMs = since + within - clock.now()
    if (leftMs <= 0) return { kind: 'unknown' }
    const what = `The effect on ${work.head.type}`
    try {
      const value = await attempt(clock, Math.min(attemptMs(declared, timeScale), leftMs), what, (limit) =>
        effect(states, work.data, effectIo(io, `${service}:${work.head.id}`, limit)),
      )
      return { kind: 'answered', value }
    } catch (cause) {
      if (clock.now() - since >= within) return { kind: 'unknown' }
      const message = `${what} failed: ${messageOf(cause)}`
      return {
        kind: 'failed',
        error: cause instanceof WaybillError ? cause : new WaybillError('EFFECT_FAILED', message, { cause }),
      }
    }
  }

  return {
    settle: async (works, loaded) => {
      const picture = fold()
      picture.load(needNothing, loaded)
      const progress = signal()
      let open = 0
      const waitedFor = new Set<Run>()
      for (const work of works) {
        const call = work.calls.find(({ handler }) => handler.effect !== undefined)!
        const earlier = runs.get(work.head.id)
        if (earlier !== undefined) {
          work.settlement = earlier.settlement
          if (earlier.settlement.result.kind !== 'running') runs.delete(work.head.id)
          continue
        }
        const seen = new Map(call.subjects.map((subject) => [subject, picture.version(subject)]))
        const started: Run = { key: work.head.key, settlement: { result: { kind: 'running' }, seen } }
        runs.set(work.head.id, started)
        waitedFor.add(started)
        open += 1
        void run(work, call, statesOf(call, picture)).then((result) => {
          started.settlement = { result, seen }
          open -= 1
          progress.ring()
          if (!waitedFor.has(started)) {
            endedKeys.add(started.key)
            ended()
          }
        })
      }
      while (open > 0 && (await movedOn(clock, progress, open)));
      for (const work of works) {
        const run = runs.get(work.head.id)
        if (run === undefined) continue
        work.settlement = run.settlement
        waitedFor.delete(run)
        if (run.settlement.result.kind !== 'running') runs.delete(work.head.id)
      }
    },
    takeEndedKeys: () => {
      const keys = [...endedKeys]
      endedKeys.clear()
      return keys
    },
  }
}

/** Waits for the next effect to end; false when none does for a while. */
async function movedOn(clock: Clock, progress: ReturnType<typeof signal>, open: number): Promise<boolean> {
  const quietMs = open >= limits.effectCrowdMin ? limits.effectCrowdQuietMs : limits.effectQuietMs
  let quiet = false
  const cancel = clock.timer(quietMs, () => {
    quiet = true
    progress.ring()
  })
  await progress.wait()
  cancel()
  return !quiet
}

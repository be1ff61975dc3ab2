import { toMs } from '../../contract/duration.ts'
import type { EffectIo } from '../../contract/effect.ts'
import { messageOf, WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Call, EventWork, Settlement } from '../intake/work.ts'
import { attemptMs } from '../pace.ts'
import { attempt } from './attempt.ts'
import { effectIo } from './effect-io.ts'

/** What the effects of a service have in common. */
export interface Acting {
  readonly service: string
  readonly clock: Clock
  readonly io: Pick<EffectIo, 'ask' | 'nextNumber'>
  readonly timeScale: number
}

/** One attempt of an effect. Never rejects. */
export async function act(
  { service, clock, io, timeScale }: Acting,
  { name, head, data, origin }: EventWork,
  call: Call,
  statesOf: () => unknown,
): Promise<Settlement['result']> {
  const { run, limits: declared } = call.handler.effect!
  const withinMs = declared.within === undefined ? Infinity : toMs(declared.within) / timeScale
  const until = clock.monotonic() + withinMs - (origin.kind === 'parked' ? origin.ageMs : 0)
  const leftMs = until - clock.monotonic()
  if (leftMs <= 0) return { kind: 'unknown' }
  const what = `The effect on ${head.type}`
  try {
    // One of them may be what cannot be folded.
    const states = statesOf()
    const value = await attempt(clock, Math.min(attemptMs(declared, timeScale), leftMs), what, (limit) =>
      run(states, data, effectIo(io, `${service}:${name}`, limit)),
    )
    return { kind: 'answered', value }
  } catch (cause) {
    if (clock.monotonic() >= until) return { kind: 'unknown' }
    const message = `${what} failed: ${messageOf(cause)}`
    return {
      kind: 'failed',
      error: cause instanceof WaybillError ? cause : new WaybillError('EFFECT_FAILED', message, { cause }),
    }
  }
}

import type { CommandDef } from '../../contract/command.ts'
import type { EffectIo } from '../../contract/effect.ts'
import { messageOf, WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Submission } from '../engine.ts'
import { attemptMs } from '../pace.ts'
import { attempt } from './attempt.ts'
import { effectIo } from './effect-io.ts'

/**
 * Runs a command's effect, before the command joins the queue. It is not repeated: when it throws, nothing has happened.
 * @throws EFFECT_FAILED, or what it throws of the catalogue
 */
export async function gather(
  { clock, io, timeScale }: { clock: Clock; io: Pick<EffectIo, 'ask' | 'nextNumber'>; timeScale: number },
  command: CommandDef,
  input: unknown,
  how: Submission,
  eventId: string,
): Promise<unknown> {
  if (command.effect === undefined) return undefined
  const { run, limits: declared } = command.effect
  // A repeated command that acts on the outside world does so under the same key.
  const key = how.idempotency?.slot ?? eventId
  const what = `The effect of ${command.name}`
  try {
    return await attempt(clock, attemptMs(declared, timeScale), what, (limit) =>
      run(input, effectIo({ ...io, caller: how.caller }, key, limit)),
    )
  } catch (cause) {
    if (cause instanceof WaybillError) throw cause
    throw new WaybillError('EFFECT_FAILED', `${what} failed: ${messageOf(cause)}`, { cause })
  }
}

import type { EffectIo } from '../../contract/effect.ts'
import type { Limit } from './attempt.ts'

/** What one attempt of an effect may use. The signal stays with its limit, which makes it when it is asked for. */
export function effectIo<Io extends Pick<EffectIo, 'ask' | 'nextNumber'>>(
  io: Io,
  idempotencyKey: string,
  limit: Limit,
): Io & EffectIo {
  return {
    ...io,
    idempotencyKey,
    get signal() {
      return limit.signal
    },
  }
}

import { type Clock, type CommandDef, type ServiceClient, systemCaller, WaybillError } from '@waybill/core'
import type { PaymentProvider } from '../payment-provider.ts'
import { ChargeCommand, RefundCommand, ReverseCommand } from './commands.ts'
import { behaviourOf } from './token.ts'

/** The payment port on the simulator. */
export function simulatedProvider(engine: ServiceClient, clock: Clock): PaymentProvider {
  const send = async <I, O>(command: CommandDef<I, O>, input: I, signal: AbortSignal): Promise<O> => {
    signal.throwIfAborted()
    const result = await engine.submit(command, input, { caller: systemCaller })
    if (result.refused)
      throw new WaybillError('EFFECT_FAILED', `The payment provider refuses: ${result.detail}`)
    return result.reply
  }
  return {
    async charge({ signal, ...input }) {
      const charge = await send(ChargeCommand, input, signal)
      if (charge.status === 'none') {
        throw new WaybillError('EFFECT_FAILED', 'The payment provider failed; the charge was not made.')
      }
      const { answerMs } = behaviourOf(input.token)
      // A repetition is answered when the first call is. A clock that was set back since makes nobody wait longer.
      await delay(clock, Math.min(answerMs, Date.parse(charge.at) + answerMs - clock.now()), signal)
      return charge.status === 'succeeded'
        ? { status: 'succeeded' }
        : { status: 'declined', reason: charge.reason }
    },
    async refund({ signal, ...input }) {
      await send(RefundCommand, input, signal)
    },
    reverse: ({ signal, ...input }) => send(ReverseCommand, input, signal),
  }
}

/** Waits so long, `Infinity` for ever; throws as soon as the caller gives up. */
async function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return
  await new Promise<void>((resolve, reject) => {
    const cancel = ms === Infinity ? () => {} : clock.timer(ms, resolve)
    const giveUp = (): void => {
      cancel()
      reject(new WaybillError('EFFECT_FAILED', 'The payment provider did not answer in time.'))
    }
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
}

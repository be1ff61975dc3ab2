import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, call, type Sent } from '@waybill/cli/testing'

const patienceMs = 60_000
const answerMs = 15_000
const pauseMs = 50

/**
 * Sends a request again and again until the shop is there and answers for good. What changes something must have an
 * Idempotency-Key: the answer that was lost may have been a yes.
 */
export async function insist(address: string, request: string, sent: Sent): Promise<Answer> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const answer = await call(address, request, { ...sent, signal: AbortSignal.timeout(answerMs) }).catch(
      () => undefined,
    )
    if (answer !== undefined && answer.status !== 503) return answer
    if (performance.now() > deadline)
      throw new Error(`${request} was not answered for ${patienceMs / 1_000} s`)
    await sleep(pauseMs)
  }
}

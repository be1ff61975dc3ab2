import { setTimeout as pause } from 'node:timers/promises'
import { hasCode, messageOf } from '@waybill/core'

const againMs = 500
const warnEveryMs = 5_000

/** Where it is said that something is waited for. */
export interface Warnings {
  warn(fields: object, message: string): void
}

/** Does something that takes a schema registry, as soon as that answers: at start it may be on its way, too. */
export async function whenRegistryAnswers<T>(work: () => Promise<T>, warnings: Warnings): Promise<T> {
  let warnAt = 0
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'REGISTRY_UNAVAILABLE')) throw error
      if (performance.now() >= warnAt) {
        warnings.warn({ cause: messageOf(error) }, 'waiting for the schema registry')
        warnAt = performance.now() + warnEveryMs
      }
    }
    await pause(againMs)
  }
}

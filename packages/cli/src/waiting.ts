import { setTimeout as pause } from 'node:timers/promises'
import { type ErrorCode, messageOf, WaybillError } from '@waybill/core'

const againMs = 500
const warnEveryMs = 5_000

/** What is waited for at start, by the code of what it throws while it is away. */
const awaited: Partial<Record<ErrorCode, string>> = {
  REGISTRY_UNAVAILABLE: 'the schema registry',
  LOG_UNAVAILABLE: 'Kafka',
}

/** Where it is said that something is waited for. */
export interface Warnings {
  warn(fields: object, message: string): void
}

/** Does something that takes a schema registry or Kafka, as soon as that answers: at start it may be on its way, too. */
export async function whenAnswered<T>(work: () => Promise<T>, warnings: Warnings): Promise<T> {
  let warnAt = 0
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const what = error instanceof WaybillError ? awaited[error.code] : undefined
      if (what === undefined) throw error
      if (performance.now() >= warnAt) {
        warnings.warn({ cause: messageOf(error) }, `waiting for ${what}`)
        warnAt = performance.now() + warnEveryMs
      }
    }
    await pause(againMs)
  }
}

import { WaybillError } from '@waybill/core'

/** Watches that a transaction does not stay open for long while nobody asks the database anything. */
export interface Patience {
  /** Something is asked; the answer tells when it is answered. @throws STORE_UNAVAILABLE if it comes too late */
  ask(): () => void
  /** Fails when it is over. */
  readonly over: Promise<never>
  end(): void
}

export function patience(ms: number): Patience {
  let asked = 0
  let idleSince = performance.now()
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const { promise: over, reject } = Promise.withResolvers<never>()
  // Not everybody looks at it.
  over.catch(() => {})
  const fail = (): WaybillError => {
    isOver = true
    const error = new WaybillError('STORE_UNAVAILABLE', `A transaction was idle for more than ${ms} ms`)
    reject(error)
    return error
  }
  const wait = (): void => {
    idleSince = performance.now()
    timer = setTimeout(fail, ms)
  }
  wait()

  return {
    over,
    ask: () => {
      // The timer comes late where something computes and lets nothing else run.
      if (isOver || (asked === 0 && performance.now() - idleSince > ms)) throw fail()
      clearTimeout(timer)
      asked++
      return () => {
        if (--asked === 0 && !isOver) wait()
      }
    },
    end: () => {
      isOver = true
      clearTimeout(timer)
    },
  }
}

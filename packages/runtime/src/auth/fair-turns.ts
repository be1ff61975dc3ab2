import { WaybillError } from '@waybill/core'

/** More at once would take the threads from which files and DNS are served too, and 128 MB each. */
const atOnce = 2
const longestQueue = 1_000
const patienceMs = 20_000
/** So long it is remembered for whom was worked. */
const rememberMs = 60_000
const rememberedMax = 10_000

/** Work that takes a core for a third of a second, for many who do not know each other. */
export interface Turns {
  /**
   * Does a work when it is its turn: of all that wait, that of whom the least was done for in the last minute. So a crowd
   * from other addresses, however often each asks, is not in the way of somebody who has not asked yet.
   * @param whom an address, or who else asks
   * @throws OVERLOADED when too many wait already, or its turn does not come in 20 seconds
   */
  take<T>(whom: string, work: () => Promise<T>): Promise<T>
  /** What was done for them was in vain, and weighs more than what was not. */
  blame(whom: string): void
}

/** As much as so many works that were not in vain. */
const vainWeight = 9

interface Waiting {
  readonly whom: string
  readonly begin: () => void
}

/** @param now in milliseconds, by a clock that never jumps */
export function fairTurns(now: () => number = () => performance.now()): Turns {
  const done = new Map<string, { count: number; readonly until: number }>()
  const waiting: Waiting[] = []
  let running = 0

  function countOf(whom: string): number {
    const known = done.get(whom)
    return known === undefined || known.until < now() ? 0 : known.count
  }

  function count(whom: string, weight = 1): void {
    const before = countOf(whom)
    if (before > 0) done.get(whom)!.count += weight
    else {
      done.delete(whom)
      done.set(whom, { count: weight, until: now() + rememberMs })
    }
    for (const [first, { until }] of done) {
      if (until > now() && done.size <= rememberedMax) break
      done.delete(first)
    }
  }

  /** Its turn resolves when it may begin. */
  function turn(whom: string): Promise<void> {
    if (running < atOnce) {
      running += 1
      return Promise.resolve()
    }
    if (waiting.length >= longestQueue) throw overloaded()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(overloaded())
      }, patienceMs)
      const entry: Waiting = {
        whom,
        begin: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      waiting.push(entry)
    })
  }

  function next(): void {
    if (waiting.length === 0) {
      running -= 1
      return
    }
    // Among equals the one that has waited longest.
    let best = 0
    for (let n = 1; n < waiting.length; n += 1) {
      if (countOf(waiting[n]!.whom) < countOf(waiting[best]!.whom)) best = n
    }
    const [chosen] = waiting.splice(best, 1)
    // It goes straight to the next, so nobody can slip in between.
    count(chosen!.whom)
    chosen!.begin()
  }

  return {
    take: async (whom, work) => {
      const isFirst = running < atOnce
      await turn(whom)
      if (isFirst) count(whom)
      try {
        return await work()
      } finally {
        next()
      }
    },
    blame: (whom) => count(whom, vainWeight),
  }
}

function overloaded(): WaybillError {
  return new WaybillError('OVERLOADED', 'Too many passwords are being checked at once.')
}

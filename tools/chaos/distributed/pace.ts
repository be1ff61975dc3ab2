import { setTimeout as sleep } from 'node:timers/promises'
import type { Books } from './books.ts'
import { now } from './load-process.ts'

/** How fast flows end: counted by the notifications that tell of their ends, when they are committed. */
export interface Pace {
  /** Ends a second between two times by the clock of `now`. */
  rate(from: number, to: number): number
  stop(): Promise<void>
}

const lookEveryMs = 200

/** Begins to count. While the database does not answer, nothing is seen to end. */
export function startPace(books: Books): Pace {
  /** All that had ended by then, looked up again and again. */
  const looks = [{ at: now(), total: 0 }]
  const stopping = new AbortController()
  let position = 0

  async function look(): Promise<void> {
    while (!stopping.signal.aborted) {
      const found = await books.countNotifications(position).catch(() => undefined)
      if (found !== undefined) {
        position = found.upTo
        looks.push({ at: now(), total: looks.at(-1)!.total + found.count })
      }
      await sleep(lookEveryMs, undefined, stopping).catch(() => {})
    }
  }

  function totalAt(moment: number): number {
    return looks.findLast(({ at }) => at <= moment)?.total ?? 0
  }

  const looking = look()
  return {
    rate: (from, to) => ((totalAt(to) - totalAt(from)) * 1_000) / (to - from),
    stop: () => {
      stopping.abort()
      return looking
    },
  }
}

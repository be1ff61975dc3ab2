import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadProcess, now } from './load-process.ts'
import type { Pace } from './pace.ts'

/** One thing that was done to the shop, and how it took it. Times in seconds. */
export interface Disturbance {
  readonly what: string
  /** Since the load began. */
  readonly at: number
  /** Until all that was ended or added answered. */
  readonly lasted: number
  /** From the beginning until an order was accepted that was due after it; `undefined`: none was. */
  readonly acceptedAfter: number | undefined
  /** From the end until flows ended at the usual pace again; `undefined`: not within `backWithinSeconds`. */
  readonly backAfter: number | undefined
  /** How long it took until orders were accepted that were due meanwhile, milliseconds. */
  readonly p50: number
  readonly p99: number
  /** What is not as it must be. */
  readonly broken: readonly string[]
}

/** Watches what disturbances do to the load. */
export interface Witness {
  /**
   * Does something to the shop and waits until it has got over it, or has had its time.
   * @param disturb resolves when all that it ended or added answers
   * @param p99Max what accepting an order may take meanwhile, milliseconds; default: whatever it takes
   */
  suffer(what: string, disturb: () => Promise<void>, p99Max?: number): Promise<void>
}

const backWithinSeconds = 15
/** As much of the usual pace counts as back … */
const enough = 0.8
/** … when it is held for so long. */
const heldMs = 5_000
const lookEveryMs = 100

/**
 * @param options.usual flows that end a second while nothing disturbs them
 * @param options.told is told of each disturbance
 */
export function createWitness(options: {
  load: LoadProcess
  pace: Pace
  usual: number
  began: number
  told: (disturbance: Disturbance) => void
}): Witness {
  const { load, pace, usual, began, told } = options

  /** When the pace was back, and held; `undefined`: too late. */
  async function backSince(from: number): Promise<number | undefined> {
    for (let since = from; since <= from + backWithinSeconds * 1_000; since += lookEveryMs) {
      const heldUntil = since + heldMs
      if (heldUntil > now()) await sleep(heldUntil - now())
      if (pace.rate(since, heldUntil) >= enough * usual) return since
    }
    return undefined
  }

  return {
    suffer: async (what, disturb, p99Max = Infinity) => {
      const from = now()
      await disturb()
      const to = now()
      const back = await backSince(to)
      const { firstAcceptedAt } = await load.span(from)
      const { p50, p99 } = await load.span(from, to)
      const seconds = (ms: number | undefined): number | undefined =>
        ms === undefined ? undefined : ms / 1_000
      told({
        what,
        at: (from - began) / 1_000,
        lasted: (to - from) / 1_000,
        acceptedAfter: firstAcceptedAt === null ? undefined : seconds(firstAcceptedAt - from),
        backAfter: back === undefined ? undefined : seconds(back - to),
        p50,
        p99,
        broken: [
          ...(back === undefined
            ? [`the usual pace of ${usual.toFixed(0)}/s is not back after ${backWithinSeconds} s`]
            : []),
          ...(p99 > p99Max
            ? [`orders were accepted within ${p99.toFixed(0)} ms (p99), more than ${p99Max}`]
            : []),
        ],
      })
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { invariants, type Seen } from './invariants.ts'
import type { Market } from './market.ts'
import { see } from './see.ts'

export interface Verdict {
  readonly accepted: number
  /** How many orders have ended how. */
  readonly ends: ReadonlyMap<string, number>
  /** What breaks an invariant. */
  readonly broken: readonly string[]
}

/** What is promised may take its time: policies have limits, refunds follow cancellations. */
const patienceMs = 90_000
const lookEveryMs = 500
/** Fewer orders for each kill would prove little. */
const acceptedPerKillMin = 30
/** Of the faults of each invariant. */
const shownMax = 10

/** Waits until every order has ended and every invariant holds, or says which do not. */
export async function judge(market: Market, kills: number): Promise<Verdict> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const seen = await see(market)
    const broken = faults(seen)
    if (broken.length === 0 || performance.now() > deadline) {
      return {
        accepted: seen.promised.length,
        ends: new Map([...Map.groupBy(seen.orders, endOf)].map(([end, orders]) => [end, orders.length])),
        broken: [
          ...broken,
          ...market.customers.flatMap(({ complaints }) => complaints),
          ...tooFew(seen.promised.length, acceptedPerKillMin * kills),
        ],
      }
    }
    await sleep(lookEveryMs)
  }
}

function faults(seen: Seen): string[] {
  return Object.entries(invariants).flatMap(([name, check]) => {
    const found = check(seen)
    const shown = found.slice(0, shownMax).map((fault) => `${name}: ${fault}`)
    return found.length > shownMax ? [...shown, `${name}: ${found.length - shownMax} more`] : shown
  })
}

function endOf({ status, reason }: Seen['orders'][number]): string {
  return reason === null ? status : `${status} ${reason}`
}

function tooFew(accepted: number, min: number): string[] {
  return accepted < min ? [`only ${accepted} orders were accepted, less than ${min}`] : []
}

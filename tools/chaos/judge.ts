import { setTimeout as sleep } from 'node:timers/promises'
import { faultsOf, type Seen } from './invariants.ts'

export interface Verdict {
  readonly accepted: number
  /** How many orders have ended how. */
  readonly ends: ReadonlyMap<string, number>
  /** What breaks an invariant. */
  readonly broken: readonly string[]
}

const lookEveryMs = 500

/**
 * Looks until every order has ended and every invariant holds, or says which do not.
 * @param patienceMs what is promised may take its time: policies have limits, refunds follow cancellations
 */
export async function judge(see: () => Promise<Seen>, patienceMs: number): Promise<Verdict> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const seen = await see()
    const broken = faultsOf(seen)
    if (broken.length === 0 || performance.now() > deadline) {
      return {
        accepted: seen.promised.length,
        ends: new Map([...Map.groupBy(seen.orders, endOf)].map(([end, orders]) => [end, orders.length])),
        broken,
      }
    }
    await sleep(lookEveryMs)
  }
}

function endOf({ status, reason }: Seen['orders'][number]): string {
  return reason === null ? status : `${status} ${reason}`
}

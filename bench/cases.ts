/** One thing that is measured: `shop/postgres/in-process`. */
export interface BenchCase {
  readonly name: string
  readonly store: 'postgres' | 'pglite'
  readonly how: How
}

/**
 * `in-process`: closed loop, commands given straight to the engine, every order of two products.
 * `hot`: the same, but everybody buys the same single product.
 * `http-N`: open loop, N orders a second by HTTP from another process, counted from the due time.
 */
type How = 'in-process' | 'hot' | 'http-200' | 'http-1000'

export const cases: readonly BenchCase[] = (['postgres', 'pglite'] as const).flatMap((store) =>
  (['in-process', 'hot', 'http-200', 'http-1000'] as const).map((how) => ({
    name: `shop/${store}/${how}`,
    store,
    how,
  })),
)

/** What a case gives. */
export interface Result {
  readonly name: string
  readonly sagasPerSecond: number
  /** Events stored a second by the shop's services, observed ones included. */
  readonly eventsPerSecond: number
  /** Bare set-based inserts of the same rows, by the same driver, in the same run. */
  readonly baselinePerSecond: number
  readonly ratio: number
  /** Until the order was accepted: by HTTP, or by the engine itself. */
  readonly acceptMs: Percentiles
  /** Until its user was told of its end. */
  readonly sagaMs: Percentiles
  readonly cpuSecondsPer1000: number
  /** PGlite runs inside node. */
  readonly cpuSecondsPer1000ByProcess: Readonly<Record<string, number>>
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number =>
    Math.round(10 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)) / 10
  return { p50: at(0.5), p99: at(0.99) }
}

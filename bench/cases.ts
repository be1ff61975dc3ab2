/** One thing that is measured: `shop/postgres/in-process`. */
export interface BenchCase {
  readonly name: string
  readonly store: StoreKind
  readonly how: How
}

/** Which database; `postgres+kafka`: with Kafka as the log between the services. */
export type StoreKind = 'postgres' | 'pglite' | 'postgres+kafka'

/**
 * `in-process`: closed loop, commands given straight to the engine, every order of two products.
 * `hot`: the same, but everybody buys the same single product.
 * `http-N`: open loop, N orders a second by HTTP from another process, counted from the due time.
 * `processes`: closed loop by HTTP, each service in a process of its own.
 * `two-instances`: the same, each service in two processes.
 */
export type How = 'in-process' | 'hot' | 'http-200' | 'http-1000' | 'processes' | 'two-instances'

const inOneProcess = ['in-process', 'hot', 'http-200', 'http-1000'] as const
const hows: Readonly<Record<StoreKind, readonly How[]>> = {
  postgres: inOneProcess,
  pglite: inOneProcess,
  'postgres+kafka': ['in-process', 'http-200', 'processes', 'two-instances'],
}

export const cases: readonly BenchCase[] = (['postgres', 'pglite', 'postgres+kafka'] as const).flatMap(
  (store) => hows[store].map((how) => ({ name: `shop/${store}/${how}`, store, how })),
)

/** What a case came to. */
export interface Run {
  readonly sagas: number
  readonly seconds: number
  /** Stored by the shop's services, observed ones included. */
  readonly events: number
  /** Records that the topics took in; `undefined` without topics. */
  readonly published: number | undefined
  readonly acceptMs: readonly number[]
  readonly sagaMs: readonly number[]
  /** CPU seconds by process. */
  readonly cpu: Readonly<Record<string, number>>
}

/** What a case gives. */
export interface Result {
  readonly name: string
  readonly sagasPerSecond: number
  /** Events stored a second by the shop's services, observed ones included. */
  readonly eventsPerSecond: number
  /**
   * Of the same run and the same client: bare set-based inserts of the same rows; with Kafka instead R_k, how many of the
   * same records a process can produce and fetch.
   */
  readonly baselinePerSecond: number
  /** Events stored a second over the baseline. */
  readonly ratio: number
  /** With Kafka as the log only. */
  readonly publishedPerSecond?: number
  /** Events published a second over the baseline. */
  readonly publishedRatio?: number
  /** What R_k consists of, in records a second. */
  readonly producePerSecond?: number
  readonly fetchPerSecond?: number
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

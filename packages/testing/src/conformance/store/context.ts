import type { ServiceDef, Store } from '@waybill/core'
import type { Case } from '../case.ts'

/**
 * What a backend may be unable to show in a test.
 * `handles`: a second store on the same data, as another process has it.
 * `restart`: all handles end, as when the process is killed, and what was committed is still there.
 * `interrupt`: connections break at any moment, also in the middle of a commit.
 */
export type StoreNeed = 'handles' | 'restart' | 'interrupt'

/** The backend under test. Its data lives as long as the context. */
export interface StoreContext {
  /** An opened store of the service; the same service once more gives another handle on the same data. */
  open(service: ServiceDef): Promise<Store>
  /** Ends all handles without a goodbye. */
  restart?(): Promise<void>
  /** Breaks every connection of every handle, now. */
  interrupt?(): Promise<void>
}

export type StoreCase = Case<StoreContext, StoreNeed>

/** Names the cases of one group. */
export function group(
  name: string,
  cases: Readonly<Record<string, StoreCase['run'] | { needs: readonly StoreNeed[]; run: StoreCase['run'] }>>,
): readonly StoreCase[] {
  return Object.entries(cases).map(([sentence, part]) =>
    typeof part === 'function'
      ? { group: name, name: sentence, run: part }
      : { group: name, name: sentence, ...part },
  )
}

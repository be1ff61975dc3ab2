import type { Clock, Log, Store, SystemDef } from '@waybill/core'
import type { Case } from '../case.ts'

/**
 * What a backend may be unable to show.
 * `processes`: several processes may work on the same data at once.
 * `overlap`: two processes may be given the same events, and only the store tells who is late. A log that divides its
 * partitions among the processes by itself does not let that happen at will.
 */
export type EngineNeed = 'processes' | 'overlap'

/** What the engines of one process work with. */
export interface Backend {
  /** Those of all services, opened. */
  readonly stores: ReadonlyMap<string, Store>
  readonly log: Log
  /** The process has ended. */
  close(): Promise<void>
}

/** The backend under which the engine is tested. Its data lives as long as the context. */
export interface EngineContext {
  readonly clock: Clock
  /**
   * What one more process gets, on the same data.
   * @param clock that of its machine; default: the right one
   */
  connect(system: SystemDef, clock?: Clock): Promise<Backend>
}

export type EngineCase = Case<EngineContext, EngineNeed>

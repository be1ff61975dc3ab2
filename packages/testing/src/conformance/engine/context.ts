import type { Clock, Log, Store, SystemDef } from '@waybill/core'
import type { Case } from '../case.ts'
import { type World, world } from './world.ts'

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
  /** What one more process gets, on the same data. */
  connect(system: SystemDef): Promise<Backend>
}

export type EngineCase = Case<EngineContext, EngineNeed>

type Run = (world: World) => Promise<void>

interface Part {
  readonly needs: readonly EngineNeed[]
  /** Each of its processes believes that it is alone; default: with `processes` they know of each other. */
  readonly alone?: boolean
  readonly run: Run
}

/** Names the cases of one group; each gets a world of its own, whose processes end with it. */
export function group(name: string, cases: Readonly<Record<string, Run | Part>>): readonly EngineCase[] {
  return Object.entries(cases).map(([sentence, part]) => {
    const { needs, alone = false, run }: Part = typeof part === 'function' ? { needs: [], run: part } : part
    return {
      group: name,
      name: sentence,
      needs,
      run: async (context) => {
        const it = world(context, { shares: needs.includes('processes') && !alone })
        try {
          await run(it)
        } finally {
          await it.end()
        }
      },
    }
  })
}

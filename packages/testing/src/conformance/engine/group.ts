import type { EngineCase, EngineNeed } from './context.ts'
import { type World, world } from './world.ts'

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

import { type Run, run, type Simulation } from '@waybill/testing'

/** What a worker is to run. */
export interface Task {
  readonly system: string
  readonly seed: number
  readonly commands: number
}

/** What it came to: the story only of a run that broke. */
export type Outcome = Omit<Run, 'story'> & {
  readonly story: Run['story'] | undefined
  readonly tookMs: number
}

const startedAt = performance.now()

process.on('message', async ({ system, seed, commands }: Task) => {
  const { simulation } = (await import(
    new URL(`../../systems/${system}/simulation.ts`, import.meta.url).href
  )) as { simulation: Simulation }
  const { story, ...rest } = await run(simulation, seed, { commands })
  const tookMs = performance.now() - startedAt
  process.send!({ ...rest, story: rest.faults.length > 0 ? story : undefined, tookMs } satisfies Outcome)
})

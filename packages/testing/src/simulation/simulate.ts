import { type Run, run } from './run.ts'
import type { Simulation } from './simulation.ts'

/** So many commands a run: enough to meet each other, few enough to read. */
const commandsDefault = 40

/**
 * Runs a system again and again, each time from another seed, with several processes a service, on virtual time, under
 * crashes, outages, repetitions and clocks that jump; and looks whether what must hold does.
 * @param options.seeds how many runs; default 100
 * @param options.seed the first; default 1
 * @param options.commands how many each run sends; default 40
 * @throws Error with the story of the first run in which something broke
 */
export async function simulate(
  simulation: Simulation,
  options: { readonly seeds?: number; readonly seed?: number; readonly commands?: number } = {},
): Promise<readonly Run[]> {
  const { seeds = 100, seed: first = 1, commands = commandsDefault } = options
  const runs: Run[] = []
  for (let seed = first; seed < first + seeds; seed += 1) {
    const one = await run(simulation, seed, { commands })
    if (one.faults.length > 0)
      throw new Error(`Seed ${seed}: ${one.faults.join('\n')}\n\n${one.story.join('\n')}`)
    runs.push(one)
  }
  return runs
}

import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { FaultKind } from '@waybill/testing'
import type { Outcome, Task } from './worker.ts'

/*
 * npm run sim [-- SYSTEM… --seeds N --seed S --minutes M --commands N]
 *
 * Simulates whole systems, one run for each seed. Ends with 1 when something broke, with the story of the first such run
 * and the command that runs it again.
 */
const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    commands: { type: 'string', default: '40' },
  },
})
const [seeds, first, commands] = [values.seeds, values.seed, values.commands].map(Number) as [
  number,
  number,
  number,
]
const minutes = values.minutes === undefined ? Infinity : Number(values.minutes)
const there = readdirSync(new URL('../../systems', import.meta.url)).filter((name) =>
  readdirSync(new URL(`../../systems/${name}`, import.meta.url)).includes('simulation.ts'),
)
const unknown = positionals.filter((name) => !there.includes(name))
if (unknown.length > 0 || ![seeds, first, commands].every(Number.isSafeInteger) || !(minutes > 0)) {
  console.error(
    `No such simulation: ${unknown.join(', ')}. There are: ${there.join(', ')}. --seeds, --seed and --commands take whole numbers, --minutes a number.`,
  )
  process.exit(2)
}

/** A run takes a fraction of a second. */
const patienceMs = 15_000

for (const system of positionals.length === 0 ? there : positionals) {
  const outcomes = await simulated(system)
  print(system, outcomes)
  const broken = outcomes.find(({ faults }) => faults.length > 0)
  if (broken === undefined) continue
  console.log(`\nSeed ${broken.seed} breaks:\n${broken.faults.map((what) => `  - ${what}`).join('\n')}\n`)
  console.log(broken.story!.join('\n'))
  console.log(`\nAgain: npm run sim -- ${system} --seeds 1 --seed ${broken.seed} --commands ${commands}`)
  process.exitCode = 1
}

/** A run that goes round without letting time pass. */
function endless(seed: number, sent: number): Outcome {
  const faults = [`it has not ended within ${patienceMs / 1_000} s of real time`]
  const nothing = { accepted: 0, virtualMs: 0, hash: '', struck: {} as Outcome['struck'] }
  return { ...nothing, seed, sent, faults, story: [], tookMs: patienceMs }
}

/** The runs of all seeds, in as many processes as there are processors; those up to the first that broke. */
async function simulated(system: string): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const until = performance.now() + minutes * 60_000
  let next = first
  let isBroken = false
  const worker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(new URL('./worker.ts', import.meta.url))
      let patience: NodeJS.Timeout | undefined
      const done = (outcome: Outcome): void => {
        clearTimeout(patience)
        outcomes.push(outcome)
        isBroken ||= outcome.faults.length > 0
      }
      const give = (): void => {
        if (isBroken || next >= first + seeds || performance.now() > until) {
          child.disconnect()
          return
        }
        const seed = next
        next += 1
        child.send({ system, seed, commands } satisfies Task)
        patience = setTimeout(() => {
          done(endless(seed, commands))
          child.kill('SIGKILL')
        }, patienceMs)
      }
      child.on('message', (outcome: Outcome) => {
        done(outcome)
        give()
      })
      child.once('exit', (code, signal) =>
        code === 0 || signal === 'SIGKILL' ? resolve() : reject(new Error(`A worker ended with ${code}.`)),
      )
      give()
    })
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), seeds) }, worker))
  return outcomes.sort((a, b) => a.seed - b.seed)
}

function print(system: string, outcomes: readonly Outcome[]): void {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((all, one) => all + of(one), 0)
  const seconds = Math.max(...outcomes.map(({ tookMs }) => tookMs)) / 1_000
  const [accepted, sent] = [sum((one) => one.accepted), sum((one) => one.sent)]
  // A run that hardly did anything shows nothing.
  const counting = outcomes.filter((one) => one.accepted * 2 >= one.sent).length
  console.log(
    [
      `${system}: ${outcomes.length} seeds, ${counting} of them count`,
      `${(outcomes.length / seconds).toFixed(1)} seeds/s`,
      `${(sum(({ virtualMs }) => virtualMs) / 3_600_000).toFixed(1)} virtual hours`,
      `${accepted} of ${sent} commands accepted`,
    ].join(', '),
  )
  for (const kind of Object.keys(outcomes[0]?.struck ?? {}) as FaultKind[]) {
    console.log(`  ${kind.padEnd(10)} ${sum(({ struck }) => struck[kind] ?? 0)}`)
  }
}

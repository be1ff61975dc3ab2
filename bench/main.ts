import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type BenchCase, cases, percentiles, type Result, type Run } from './cases.ts'
import { closedCase, openCase } from './in-process.ts'
import { processesCase } from './processes.ts'
import { type Baseline, startServers } from './servers.ts'

/*
 * npm run bench [-- NAME…] [-- --json FILE] [--seconds N]
 *
 * Every figure has beside it the baseline of the same run, because machines are noisy and differ. Stock, money and
 * notifications are checked after each case; wrong books fail the run.
 */
const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { json: { type: 'string' }, seconds: { type: 'string', default: '15' } },
})
const seconds = Number(values.seconds)
const unknown = positionals.filter((name) => !cases.some((one) => one.name === name))
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(
    `No such case: ${unknown.join(', ')}. There are:\n${cases.map(({ name }) => `  ${name}`).join('\n')}`,
  )
  process.exit(2)
}
const chosen = cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const warmUpSeconds = 3
const runners = {
  'in-process': closedCase,
  hot: closedCase,
  'http-200': openCase,
  'http-1000': openCase,
  processes: processesCase,
  'two-instances': processesCase,
}

const results: Result[] = []
for (const one of chosen) {
  const result = await runCase(one)
  results.push(result)
  print(result)
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ cases: results }, undefined, 2)}\n`)

/** Each case has servers and processes of its own: no case lives on what an earlier one has warmed or filled. */
async function runCase(one: BenchCase): Promise<Result> {
  const servers = await startServers(one.store)
  try {
    const before = await servers.baseline()
    const run = await runners[one.how](one, servers, { warmUpSeconds, seconds })
    return resultOf(one.name, run, [before, await servers.baseline()])
  } finally {
    await servers.stop()
  }
}

function resultOf(name: string, run: Run, baselines: readonly Baseline[]): Result {
  const { sagas, events, published, acceptMs, sagaMs, cpu } = run
  const perSecond = (count: number): number => Math.round(count / run.seconds)
  const mean = (part: keyof Baseline): number =>
    Math.round(baselines.reduce((sum, baseline) => sum + (baseline[part] ?? 0), 0) / baselines.length)
  const baselinePerSecond = mean('perSecond')
  const ratio = (count: number): number => thousandths(count / run.seconds / baselinePerSecond)
  const cpuOf = (used: number): number => thousandths((1_000 * used) / sagas)
  return {
    name,
    sagasPerSecond: perSecond(sagas),
    eventsPerSecond: perSecond(events),
    baselinePerSecond,
    ratio: ratio(events),
    ...(published === undefined
      ? {}
      : {
          publishedPerSecond: perSecond(published),
          publishedRatio: ratio(published),
          producePerSecond: mean('produce'),
          fetchPerSecond: mean('fetch'),
        }),
    acceptMs: percentiles(acceptMs),
    sagaMs: percentiles(sagaMs),
    cpuSecondsPer1000: cpuOf(Object.values(cpu).reduce((sum, used) => sum + used, 0)),
    cpuSecondsPer1000ByProcess: Object.fromEntries(
      Object.entries(cpu).map(([process, used]) => [process, cpuOf(used)]),
    ),
  }
}

function thousandths(value: number): number {
  return Math.round(1_000 * value) / 1_000
}

function print({ name, acceptMs, sagaMs, cpuSecondsPer1000ByProcess, ...figures }: Result): void {
  const { baselinePerSecond: baseline, publishedPerSecond: published, publishedRatio } = figures
  const cpu = Object.entries(cpuSecondsPer1000ByProcess).map(
    ([process, used]) => `${process} ${used.toFixed(2)}`,
  )
  console.log(
    [
      name.padEnd(28),
      `${figures.sagasPerSecond} sagas/s`,
      ...(published === undefined
        ? [`${figures.eventsPerSecond} events/s of ${baseline} bare: ratio ${figures.ratio.toFixed(3)}`]
        : [
            `R_k ${baseline} (produce ${figures.producePerSecond}, fetch ${figures.fetchPerSecond})`,
            `${figures.eventsPerSecond} events/s stored: ratio ${figures.ratio.toFixed(3)}`,
            `${published} events/s published: ratio ${publishedRatio!.toFixed(3)}`,
          ]),
      `accept p50/p99 ${acceptMs.p50}/${acceptMs.p99} ms`,
      `saga p50/p99 ${sagaMs.p50}/${sagaMs.p99} ms`,
      `CPU s per 1,000: ${cpu.join(', ')}`,
    ].join('  '),
  )
}

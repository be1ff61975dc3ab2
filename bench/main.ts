import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type PostgresServer, startPostgres } from '@waybill/servers'
import { measurePostgres } from './postgres-baseline.ts'
import { type BenchCase, cases, percentiles, type Result } from './cases.ts'
import { startChild } from './child.ts'
import { cpuSecondsOf } from './cpu.ts'
import type { Accepted } from './http-load.ts'
import { piecesOf } from './shop.ts'

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
const inFlight = { postgres: 2_000, pglite: 1_000 }
const warmUpSeconds = 3

const results: Result[] = []
for (const one of chosen) {
  const result = await runCase(one)
  results.push(result)
  print(result)
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ cases: results }, undefined, 2)}\n`)

/** Each case has a server and a process of its own: no case lives on what an earlier one has warmed or filled. */
async function runCase({ name, store, how }: BenchCase): Promise<Result> {
  const postgres = await startPostgres()
  try {
    const before = await measurePostgres(postgres.url)
    const measured = await (how.startsWith('http') ? openCase : closedCase)({ name, store, how }, postgres)
    const after = await measurePostgres(postgres.url)
    const baselinePerSecond = Math.round((before + after) / 2)
    const ratio = Math.round((1_000 * measured.eventsPerSecond) / baselinePerSecond) / 1_000
    return { ...measured, baselinePerSecond, ratio }
  } finally {
    await postgres.stop()
  }
}

type Measured = Omit<Result, 'baselinePerSecond' | 'ratio'>

async function closedCase({ name, store, how }: BenchCase, server: PostgresServer): Promise<Measured> {
  const child = startChild('./run-case.ts', store === 'postgres' ? { WAYBILL_STORE: server.url } : {})
  await child.next()
  const hot = how === 'hot'
  const options = { kind: 'closed', hot, inFlight: inFlight[store] }
  await child.ask({ ...options, seconds: warmUpSeconds })
  const cpuBefore = cpuSecondsOf(server.pid)
  const run = await child.ask({ ...options, seconds })
  const serverCpu = cpuSecondsOf(server.pid) - cpuBefore
  await child.stop()
  return {
    name,
    sagasPerSecond: Math.round(run.sagas / run.seconds),
    eventsPerSecond: Math.round(run.events / run.seconds),
    acceptMs: percentiles(run.acceptMs),
    sagaMs: percentiles(run.sagaMs),
    ...cpuPerThousand(store, run.sagas, run.nodeCpu, serverCpu),
  }
}

async function openCase({ name, store, how }: BenchCase, server: PostgresServer): Promise<Measured> {
  const perSecond = Number(how.slice('http-'.length))
  const child = startChild('./run-case.ts', store === 'postgres' ? { WAYBILL_STORE: server.url } : {})
  const { address, orders } = await child.next()
  const load = (forSeconds: number): Promise<Accepted[]> =>
    startChild('./http-load.ts').ask({ address, perSecond, seconds: forSeconds, orders })
  const warmUp = await load(warmUpSeconds)
  const { before, cpu } = await child.ask({ kind: 'watch' })
  const cpuBefore = cpuSecondsOf(server.pid)
  const begin = performance.now()
  const accepted = await load(seconds)
  const tookSeconds = (performance.now() - begin) / 1_000
  const pieces = piecesOf(false)
  const end = await child.ask({ kind: 'check', orders: warmUp.length + accepted.length, pieces })
  const serverCpu = cpuSecondsOf(server.pid) - cpuBefore
  const nodeCpu = (end.cpu.user + end.cpu.system - cpu.user - cpu.system) / 1e6
  const endedAt = new Map<string, number>(end.endedAt)
  await child.stop()
  return {
    name,
    sagasPerSecond: Math.round(accepted.length / tookSeconds),
    eventsPerSecond: Math.round((end.after - before) / tookSeconds),
    acceptMs: percentiles(accepted.map(({ acceptMs }) => acceptMs)),
    sagaMs: percentiles(accepted.map(({ orderId, dueAt }) => endedAt.get(orderId)! - dueAt)),
    ...cpuPerThousand(store, accepted.length, nodeCpu, serverCpu),
  }
}

function cpuPerThousand(
  store: BenchCase['store'],
  sagas: number,
  node: number,
  postgres: number,
): Pick<Result, 'cpuSecondsPer1000' | 'cpuSecondsPer1000ByProcess'> {
  const used: Record<string, number> = store === 'postgres' ? { node, postgres } : { node }
  const round = (cpu: number): number => Math.round((1e6 * cpu) / sagas) / 1_000
  return {
    cpuSecondsPer1000: round(Object.values(used).reduce((sum, cpu) => sum + cpu, 0)),
    cpuSecondsPer1000ByProcess: Object.fromEntries(
      Object.entries(used).map(([name, cpu]) => [name, round(cpu)]),
    ),
  }
}

function print({ name, acceptMs, sagaMs, cpuSecondsPer1000ByProcess, ...figures }: Result): void {
  const cpu = Object.entries(cpuSecondsPer1000ByProcess).map(
    ([process, used]) => `${process} ${used.toFixed(2)}`,
  )
  console.log(
    [
      name.padEnd(28),
      `${figures.sagasPerSecond} sagas/s`,
      `${figures.eventsPerSecond} events/s of ${figures.baselinePerSecond} bare: ratio ${figures.ratio.toFixed(3)}`,
      `accept p50/p99 ${acceptMs.p50}/${acceptMs.p99} ms`,
      `saga p50/p99 ${sagaMs.p50}/${sagaMs.p99} ms`,
      `CPU s per 1,000: ${cpu.join(', ')}`,
    ].join('  '),
  )
}

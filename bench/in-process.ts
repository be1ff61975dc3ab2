import { type BenchCase, type Run, type StoreKind } from './cases.ts'
import { startChild } from './child.ts'
import type { Accepted } from './http-load.ts'
import { piecesOf } from './orders.ts'
import type { Servers } from './servers.ts'

const inFlight: Readonly<Record<StoreKind, number>> = {
  postgres: 2_000,
  pglite: 1_000,
  'postgres+kafka': 2_000,
}

/** All services in one process, which also gives the commands: as many as keep so many orders going. */
export async function closedCase(
  { store, how }: BenchCase,
  servers: Servers,
  { warmUpSeconds, seconds }: { warmUpSeconds: number; seconds: number },
): Promise<Run> {
  const child = startChild('./run-case.ts', servers.env)
  await child.next()
  const options = { kind: 'closed', hot: how === 'hot', inFlight: inFlight[store] }
  await child.ask({ ...options, seconds: warmUpSeconds })
  const ended = await servers.watch()
  const { nodeCpu, ...run } = await child.ask({ ...options, seconds })
  const { cpu, published } = await ended(run.sagas)
  await child.stop()
  return { ...run, published, cpu: { node: nodeCpu, ...cpu } }
}

/** All services in one process, and orders by HTTP, whether earlier ones are answered or not. */
export async function openCase(
  { how }: BenchCase,
  servers: Servers,
  { warmUpSeconds, seconds }: { warmUpSeconds: number; seconds: number },
): Promise<Run> {
  const perSecond = Number(how.slice('http-'.length))
  const child = startChild('./run-case.ts', servers.env)
  const { address, orders } = await child.next()
  const load = (forSeconds: number): Promise<Accepted[]> =>
    startChild('./http-load.ts').ask({ address, perSecond, seconds: forSeconds, orders })
  const warmUp = await load(warmUpSeconds)
  const before = await child.ask({ kind: 'watch' })
  const ended = await servers.watch()
  const begin = performance.now()
  const accepted = await load(seconds)
  const tookSeconds = (performance.now() - begin) / 1_000
  const after = await child.ask({
    kind: 'check',
    orders: warmUp.length + accepted.length,
    pieces: piecesOf(false),
  })
  const { cpu, published } = await ended(accepted.length)
  const endedAt = new Map<string, number>(after.endedAt)
  await child.stop()
  return {
    sagas: accepted.length,
    seconds: tookSeconds,
    events: after.events - before.events,
    published,
    acceptMs: accepted.map(({ acceptMs }) => acceptMs),
    sagaMs: accepted.map(({ orderId, dueAt }) => endedAt.get(orderId)! - dueAt),
    cpu: { node: after.cpu - before.cpu, ...cpu },
  }
}

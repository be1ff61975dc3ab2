import type { BenchCase, Run } from './cases.ts'
import { closedLoop } from './closed-loop.ts'
import { watchCpu } from './cpu.ts'
import { piecesOf } from './orders.ts'
import { startSeparateShop } from './separate-shop.ts'
import type { Servers } from './servers.ts'

/** Enough that no process has to wait for work. */
const inFlight = 1_000

/** Each service in a process of its own, or in two. The orders come by HTTP, as many as keep so many going. */
export async function processesCase(
  { how }: BenchCase,
  servers: Servers,
  { warmUpSeconds, seconds }: { warmUpSeconds: number; seconds: number },
): Promise<Run> {
  const shop = await startSeparateShop(
    { postgres: servers.postgres.url, kafka: servers.kafka!.address },
    how === 'two-instances' ? 2 : 1,
  )
  try {
    const options = { hot: false, inFlight }
    const warmUp = await closedLoop(shop, { ...options, seconds: warmUpSeconds })
    await shop.checkBooks(warmUp.sagas, piecesOf(false))
    const before = await shop.eventsStored()
    const ended = await servers.watch()
    const used = watchCpu(shop.pids)
    const run = await closedLoop(shop, { ...options, seconds })
    const node = used()
    await shop.checkBooks(warmUp.sagas + run.sagas, piecesOf(false))
    const { cpu, published } = await ended(run.sagas)
    const events = (await shop.eventsStored()) - before
    return { ...run, events, published, cpu: { ...node, ...cpu } }
  } finally {
    await shop.close()
  }
}

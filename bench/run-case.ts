import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBackends } from '@waybill/cli/backends'
import { createLogger, readConfig, startHost } from '@waybill/runtime'
import shopApplication from '@waybill/shop'
import { closedLoop } from './closed-loop.ts'
import { piecesOf } from './orders.ts'
import { benchShop } from './shop.ts'

/** What the parent asks of this process, and what it answers. */
export type Order =
  | { readonly kind: 'closed'; readonly hot: boolean; readonly seconds: number; readonly inFlight: number }
  | { readonly kind: 'watch' }
  | { readonly kind: 'check'; readonly orders: number; readonly pieces: number }
  | { readonly kind: 'stop' }

/*
 * One case in a process of its own: the whole shop, on the store that the environment names. The parent tells it what to
 * do, measures it and its database from outside, and for the HTTP cases has the load made by yet another process.
 */
const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'))
const variables = {
  WAYBILL_RATE_LIMIT: '0',
  WAYBILL_PORT_SHOP: '0',
  WAYBILL_PORT_CONSOLE: '0',
  WAYBILL_DATA: folder,
  ...process.env,
}
const config = readConfig(variables, [shopApplication])
const logger = createLogger({
  json: true,
  sink: { write: (line) => void (isTrouble(line) && process.stderr.write(line)) },
})
const host = await startHost({
  applications: [shopApplication],
  config,
  backends: await openBackends(config, logger),
  logger,
})
const shop = await benchShop(host)
let orders = 0
/** When the user of an order was told of its end, by the wall clock that the load generator uses, too. */
const endedAt: [string, number][] = []

// A parent that is gone cannot tell it to stop.
process.on('disconnect', () => void stop())
process.on('message', (order: Order) => {
  if (order.kind === 'stop') return void stop()
  answer(order).then(
    (result) => process.send!({ result }),
    (error: unknown) =>
      process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.send!({
  result: {
    address: host.systems[0]!.address,
    orders: Array.from({ length: 2_000 }, () => shop.orderInput(false)),
  },
})

async function stop(): Promise<void> {
  await host.stop()
  await rm(folder, { recursive: true, force: true })
  process.exit()
}

async function answer(order: Exclude<Order, { kind: 'stop' }>): Promise<unknown> {
  switch (order.kind) {
    case 'closed': {
      const before = await reading()
      const run = await closedLoop(shop, order)
      const { cpu } = await reading()
      orders += run.sagas
      await shop.checkBooks(orders, piecesOf(order.hot))
      return { ...run, events: (await shop.eventsStored()) - before.events, nodeCpu: cpu - before.cpu }
    }
    case 'watch':
      shop.onEnd((orderIds) => {
        const now = performance.timeOrigin + performance.now()
        for (const id of orderIds) endedAt.push([id, now])
      })
      return reading()
    case 'check':
      await shop.checkBooks(order.orders, order.pieces)
      return { endedAt, ...(await reading()) }
  }
}

/** Events stored and CPU seconds used so far. */
async function reading(): Promise<{ events: number; cpu: number }> {
  const events = await shop.eventsStored()
  const { user, system } = process.cpuUsage()
  return { events, cpu: (user + system) / 1e6 }
}

function isTrouble(line: string): boolean {
  return !line.includes('"level":"info"')
}

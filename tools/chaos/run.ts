import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WaybillProcess, waybillProcess } from '@waybill/cli/testing'
import { freePort } from '@waybill/servers'
import { seededRandom } from '@waybill/testing'
import { judge, type Verdict } from './judge.ts'
import { openMarket } from './market.ts'
import { see } from './see.ts'

/** One kill, as the table shows it. */
export interface Kill {
  readonly moment: string
  /** Orders accepted until then. */
  readonly accepted: number
  /** From the kill until an order was accepted again; before there were any, until the shop was ready. */
  readonly backSeconds: number
}

/** Policies' times are divided by it, so that all of them pass within a run. */
const timeScale = 10
const loadMs = { min: 1_500, max: 5_000 }
/** The first start has a database to make, so it takes longer. */
const firstStartMs = { min: 200, max: 3_500 }
const startMs = { min: 200, max: 1_500 }
const patienceMs = 60_000
/** Policies have limits, and refunds follow cancellations: what is promised may take its time. */
const endsMs = 90_000
/** Fewer orders for each kill would prove little. */
const acceptedPerKillMin = 30

/**
 * Kills a shop again and again while customers buy and cancel, and then looks whether all is as it must be.
 * @param options.kills so many under load. One more hits the very first start, and another one a later start
 * @param options.store `pglite`, or the address of a PostgreSQL database
 * @param options.killed is told of each kill, once the shop is back
 */
export async function runChaos(options: {
  kills: number
  seed: number
  store: string
  killed: (kill: Kill) => void
}): Promise<Verdict> {
  const { kills, seed, store, killed } = options
  const random = seededRandom(seed)
  const between = ({ min, max }: { min: number; max: number }): number =>
    Math.round(min + random() * (max - min))
  const folder = await mkdtemp(join(tmpdir(), 'waybill-chaos-'))
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const shop = await waybillProcess({
    name: 'shop',
    args: ['shop'],
    env: {
      WAYBILL_DATA: folder,
      WAYBILL_STORE: store,
      WAYBILL_PORT_SHOP: String(port),
      WAYBILL_RATE_LIMIT: '0',
      WAYBILL_TIME_SCALE: String(timeScale),
    },
  })
  let accepted = 0

  async function killInFirstStart(): Promise<void> {
    const afterMs = between(firstStartMs)
    shop.start()
    await sleep(afterMs)
    await shop.kill()
    const killedAt = performance.now()
    shop.start()
    await shop.ready()
    killed({ moment: `first start, after ${afterMs} ms`, accepted, backSeconds: secondsSince(killedAt) })
  }

  async function killUnderLoad(alsoInStart: boolean): Promise<void> {
    await sleep(between(loadMs))
    await shop.kill()
    const killedAt = performance.now()
    const acceptedBefore = accepted
    let moment = 'under load'
    if (alsoInStart) {
      const afterMs = between(startMs)
      shop.start()
      await sleep(afterMs)
      await shop.kill()
      moment += `, and in the start after it, after ${afterMs} ms`
    }
    shop.start()
    await takesOrders(shop, () => accepted > acceptedBefore)
    killed({ moment, accepted: acceptedBefore, backSeconds: secondsSince(killedAt) })
  }

  try {
    await killInFirstStart()
    const market = await openMarket(
      { address, adminAddress: shop.adminAddress },
      random,
      () => (accepted += 1),
    )
    const hitsStart = Math.floor(random() * kills)
    for (let n = 0; n < kills; n += 1) await killUnderLoad(n === hitsStart)
    await sleep(loadMs.min)
    await market.endShopping()
    const verdict = await judge(() => see(market), endsMs)
    await market.close()
    const code = await shop.stop()
    return {
      ...verdict,
      broken: [
        ...verdict.broken,
        ...market.customers.flatMap(({ complaints }) => complaints),
        ...tooFew(verdict.accepted, acceptedPerKillMin * kills),
        ...(code === 0 ? [] : [`at SIGTERM: exit code ${code}`]),
      ],
    }
  } catch (cause) {
    const what = shop.failure() ?? 'The run could not be finished.'
    throw new Error(`${what} The last that the shop wrote:\n${shop.lastWords()}`, { cause })
  } finally {
    await shop.kill()
    await rm(folder, { recursive: true })
  }
}

async function takesOrders(shop: WaybillProcess, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!holds()) {
    const failure = shop.failure()
    if (failure !== undefined) throw new Error(failure)
    if (performance.now() > deadline)
      throw new Error(`The shop takes no orders after ${patienceMs / 1_000} s.`)
    await sleep(10)
  }
}

function tooFew(accepted: number, min: number): string[] {
  return accepted < min ? [`only ${accepted} orders were accepted, less than ${min}`] : []
}

function secondsSince(moment: number): number {
  return (performance.now() - moment) / 1_000
}

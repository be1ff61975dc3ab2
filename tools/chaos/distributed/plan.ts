import { setTimeout as sleep } from 'node:timers/promises'
import type { ShopProcesses, ShopService, WaybillProcess } from '@waybill/cli/testing'
import type { KafkaServer, PostgresServer, RedisServer, RegistryServer } from '@waybill/servers'
import type { Witness } from './witness.ts'

/** What is disturbed. */
export interface Stage {
  readonly kafka: KafkaServer
  readonly postgres: PostgresServer
  readonly registry: RegistryServer
  readonly redis: RedisServer
  readonly shop: ShopProcesses
}

/** One item of a plan. */
export interface Fault {
  /** About how long it takes, with getting over it. */
  readonly seconds: number
  run(stage: Stage, witness: Witness): Promise<void>
}

/** Those that handle events: their instances share the partitions. */
const consumers = ['product', 'order', 'payment', 'notification'] as const satisfies readonly ShopService[]
const killed = ['gateway', 'registry', 'user', 'product', 'order', 'notification'] as const
const frozenMs = 60_000
const deadMs = 30_000
/** Orders go on being accepted while nobody takes the money. */
const p99MaxWithoutPayment = 200

/**
 * Everything that is to happen, in a random order; of a plan that would take longer than `seconds`, as much as fits.
 * @param random from 0 up to and without 1
 */
export function planOf(random: () => number, seconds: number): readonly Fault[] {
  const frozen = consumers[Math.floor(random() * consumers.length)]!
  const all = [
    ...killed.map(kill),
    withoutPayment,
    freeze(frozen),
    restart('Kafka', ({ kafka }) => kafka),
    restart('PostgreSQL', ({ postgres }) => postgres),
    restart('Redis', ({ redis }) => redis),
    restart('the schema registry', ({ registry }) => registry, deadMs),
  ]
  let left = seconds
  return shuffled(all, random).filter((fault) => {
    const fits = fault.seconds <= left
    if (fits) left -= fault.seconds
    return fits
  })
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

/** `kill -9`, and started again at once. */
function kill(service: ShopService): Fault {
  return {
    seconds: 10,
    run: ({ shop }, witness) =>
      witness.suffer(`${service} killed`, async () => {
        const process = shop.processes.get(service)!
        await process.kill()
        process.start()
        await process.ready()
      }),
  }
}

/** A server ends as in a power cut and is started again, at once or after a while. */
function restart(
  name: string,
  serverOf: (stage: Stage) => { kill(): Promise<void>; start(): Promise<void> },
  downMs = 0,
): Fault {
  return {
    seconds: 12 + downMs / 1_000,
    run: (stage, witness) =>
      witness.suffer(`${name} killed${forSoLong(downMs)}`, async () => {
        const server = serverOf(stage)
        await server.kill()
        await sleep(downMs)
        await server.start()
      }),
  }
}

function forSoLong(downMs: number): string {
  return downMs === 0 ? '' : `, and dead for ${downMs / 1_000} s`
}

const withoutPayment: Fault = {
  seconds: 12 + deadMs / 1_000,
  run: async ({ shop }, witness) => {
    const payment = shop.processes.get('payment')!
    await witness.suffer(
      `payment killed${forSoLong(deadMs)}`,
      async () => {
        await payment.kill()
        await sleep(deadMs)
        payment.start()
        await payment.ready()
      },
      p99MaxWithoutPayment,
    )
  },
}

/** One is frozen and a second one takes over; meanwhile seconds of the other consumers come and go. */
function freeze(service: ShopService): Fault {
  return {
    seconds: 15 + frozenMs / 1_000,
    run: async ({ shop }, witness) => {
      const process = shop.processes.get(service)!
      const second = await shop.another(service)
      const thawing = sleep(frozenMs)
      await witness.suffer(`${service} frozen, a second one takes over`, async () => {
        process.pause()
        second.start()
        await second.ready()
      })
      for (const other of consumers.filter((name) => name !== service)) {
        await comeAndGo(shop, other, witness)
      }
      await thawing
      await witness.suffer(`${service} goes on after ${frozenMs / 1_000} s`, async () => {
        process.resume()
        await process.ready()
      })
      await leave(second, witness)
    },
  }
}

async function comeAndGo(shop: ShopProcesses, service: ShopService, witness: Witness): Promise<void> {
  const second = await shop.another(service)
  await witness.suffer(`a second ${service} comes`, async () => {
    second.start()
    await second.ready()
  })
  await leave(second, witness)
}

async function leave(second: WaybillProcess, witness: Witness): Promise<void> {
  await witness.suffer(`the second ${second.name} goes`, async () => {
    const code = await second.stop()
    if (code !== 0) throw new Error(`${second.name} ended with code ${code}:\n${second.lastWords()}`)
  })
}

import { randomBytes } from 'node:crypto'
import { freePort } from '@waybill/servers'
import { type WaybillProcess, waybillProcess } from './waybill-process.ts'

/** The shop, each of its services and the gateway in a process of its own. */
export interface ShopProcesses {
  /** Of the gateway. */
  readonly address: string
  /** By the service's name; the gateway's is `gateway`. */
  readonly processes: ReadonlyMap<ShopService, WaybillProcess>
  /**
   * Prepares one more process of a service, which is not started. A second gateway has a port of its own, so that it is
   * not at `address`.
   */
  another(service: ShopService): Promise<WaybillProcess>
  /**
   * Stops all that run, those of `another` too.
   * @returns what did not end with code 0, with the last that it wrote
   */
  stop(): Promise<readonly string[]>
}

/** What runs in a process of its own. */
export type ShopService = (typeof shopServices)[number]
export const shopServices = [
  'registry',
  'user',
  'product',
  'order',
  'payment',
  'notification',
  'gateway',
] as const

/**
 * Starts the shop as seven processes and waits until all are ready.
 * @param options.env which servers it stands on: `WAYBILL_STORE` at least. There is no rate limit unless it says so
 * @throws when one of them does not start; then all are gone
 */
export async function startShop(options: { env: Readonly<Record<string, string>> }): Promise<ShopProcesses> {
  const env = {
    WAYBILL_RATE_LIMIT: '0',
    WAYBILL_JWT_SECRET: randomBytes(32).toString('hex'),
    ...options.env,
  }
  const port = await freePort()
  const all: WaybillProcess[] = []

  async function prepare(service: ShopService, gatewayPort: number): Promise<WaybillProcess> {
    const args = ['shop', '--service', service]
    const process = await waybillProcess({
      name: service,
      args,
      env: { ...env, WAYBILL_PORT_SHOP: String(gatewayPort) },
    })
    all.push(process)
    return process
  }

  const processes = new Map<ShopService, WaybillProcess>()
  for (const service of shopServices) processes.set(service, await prepare(service, port))
  try {
    for (const process of all) process.start()
    await Promise.all(all.map((process) => process.ready()))
  } catch (error) {
    await Promise.all(all.map((process) => process.kill()))
    throw error
  }
  return {
    address: `http://127.0.0.1:${port}`,
    processes,
    another: (service) => prepare(service, 0),
    async stop() {
      const running = all.filter(({ pid }) => pid !== undefined)
      const codes = await Promise.all(running.map((process) => process.stop()))
      return running.flatMap(({ name, lastWords }, at) =>
        codes[at] === 0 ? [] : [`${name} ended with code ${codes[at]}:\n${lastWords()}`],
      )
    },
  }
}

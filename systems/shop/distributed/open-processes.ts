import { type ShopProcesses, type ShopService, startShop } from '@waybill/cli/testing'
import { createSetup } from '@waybill/servers'
import { meetShop, type Shop } from '../stories/meet-shop.ts'
import { type ServerName, startServers } from './servers.ts'

/** The shop with each of its services in a process of its own, on servers of its own. */
export interface DistributedShop extends Shop, ShopProcesses {
  /** The address of its database. */
  readonly store: string
  /** Stops all processes and servers. */
  close(): Promise<void>
}

/** Starts the servers and the shop, and comes in. When something does not start, nothing is left of it. */
export async function openProcesses(...names: readonly ServerName[]): Promise<DistributedShop> {
  const setup = createSetup()
  try {
    const env = await startServers(setup, ...names)
    const running = setup.with(await startShop({ env }), (shop) => shop.stop())
    const { address, processes } = running
    const adminAddressOf = (request: string): string => {
      const service = /\/services\/(\w+)\//.exec(request)?.[1] ?? 'gateway'
      return processes.get(service as ShopService)!.adminAddress
    }
    const store = env['WAYBILL_STORE']!
    return { ...running, ...(await meetShop(address, adminAddressOf)), store, close: setup.end }
  } catch (error) {
    await setup.end()
    throw error
  }
}

import { type ShopProcesses, type ShopService, startShop } from '@waybill/cli/testing'
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
  const servers = await startServers(...names)
  let running: ShopProcesses | undefined
  const close = async (): Promise<void> => {
    await running?.stop()
    await servers.stop()
  }
  try {
    const { address, processes } = (running = await startShop({ env: servers.env }))
    const adminAddressOf = (request: string): string => {
      const service = /\/services\/(\w+)\//.exec(request)?.[1] ?? 'gateway'
      return processes.get(service as ShopService)!.adminAddress
    }
    const store = servers.env['WAYBILL_STORE']!
    return { ...running, ...(await meetShop(address, adminAddressOf)), store, close }
  } catch (error) {
    await close()
    throw error
  }
}

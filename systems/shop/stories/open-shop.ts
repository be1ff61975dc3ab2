import { startTestHost } from '@waybill/cli/testing'
import application from '../index.ts'
import { meetShop, type Shop } from './meet-shop.ts'

/** The shop in one process. */
export interface OpenShop extends Shop {
  /** Of the port of the administrators. */
  readonly adminAddress: string
  /** Stops it; throws when it has logged that something is broken. */
  close(): Promise<void>
}

/** Starts the shop as `npm start -- shop` does. */
export async function openShop(options: Parameters<typeof startTestHost>[1] = {}): Promise<OpenShop> {
  const host = await startTestHost(application, options)
  const { address, adminAddress } = host
  return {
    ...(await meetShop(address, () => adminAddress)),
    adminAddress,
    async close() {
      await host.stop()
      if (host.errors.length > 0) throw new Error(`the shop has logged errors: ${host.errors.join('\n')}`)
    },
  }
}

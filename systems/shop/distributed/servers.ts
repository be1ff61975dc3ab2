import { startKafka, startPostgres, startRegistry } from '@waybill/servers'

/** Servers for one test file. */
export interface Servers {
  /** What tells a process of Waybill where they are. */
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const starts = {
  postgres: async () => {
    const { url, stop } = await startPostgres()
    return { env: { WAYBILL_STORE: url }, stop }
  },
  kafka: async () => {
    const { address, stop } = await startKafka()
    return { env: { WAYBILL_LOG: `kafka://${address}` }, stop }
  },
  registry: async () => {
    const { address, stop } = await startRegistry()
    return { env: { WAYBILL_REGISTRY: address }, stop }
  },
}

export type ServerName = keyof typeof starts

/** Starts these servers. When one does not start, the others are stopped again. */
export async function startServers(...names: readonly ServerName[]): Promise<Servers> {
  const starting = await Promise.allSettled(names.map((name): Promise<Servers> => starts[name]()))
  const started = starting.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()))
  }
  for (const one of starting) {
    if (one.status === 'fulfilled') continue
    await stop()
    throw one.reason
  }
  return { env: Object.assign({}, ...started.map(({ env }) => env)), stop }
}

import { type Setup, sharedPostgres, sharedRegistry, startKafka } from '@waybill/servers'

interface How {
  readonly signal: AbortSignal
}

const starts = {
  postgres: async (how: How) => {
    const { url, stop } = await sharedPostgres(how)
    return { env: { WAYBILL_STORE: url }, stop }
  },
  // The shop's topics have the same names wherever it runs: so each shop has a Kafka of its own.
  kafka: async (how: How) => {
    const { address, stop } = await startKafka(how)
    return { env: { WAYBILL_LOG: `kafka://${address}` }, stop }
  },
  // Its subjects have, too, but every shop has the same schemas for them.
  registry: async (how: How) => {
    const { address, stop } = await sharedRegistry(how)
    return { env: { WAYBILL_REGISTRY: address }, stop }
  },
}

export type ServerName = keyof typeof starts

/**
 * Starts the servers that a shop stands on.
 * @returns what tells a process of Waybill where they are
 */
export async function startServers(
  setup: Setup,
  ...names: readonly ServerName[]
): Promise<Readonly<Record<string, string>>> {
  const started = await setup.start(...names.map((name) => starts[name]))
  return Object.assign({}, ...started.map(({ env }) => env))
}

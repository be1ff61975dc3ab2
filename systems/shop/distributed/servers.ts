import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Setup, sharedPostgres, sharedRegistry, startKafka, startSecureKafka } from '@waybill/servers'

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
  // One that knows its users, and is reached by TLS alone.
  secureKafka: async (how: How) => {
    const password = 'of-the-shop'
    const { address, ca, stop } = await startSecureKafka({ ...how, users: { shop: password } })
    const folder = await mkdtemp(join(tmpdir(), 'waybill-shop-'))
    const files = { ca: join(folder, 'ca.pem'), password: join(folder, 'password') }
    await Promise.all([writeFile(files.ca, ca), writeFile(files.password, password)])
    return {
      env: {
        WAYBILL_LOG: `kafka+tls://${address}`,
        WAYBILL_KAFKA_USER: 'shop',
        WAYBILL_KAFKA_PASSWORD_FILE: files.password,
        WAYBILL_KAFKA_CA: files.ca,
      },
      stop: () => Promise.all([stop(), rm(folder, { recursive: true })]),
    }
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

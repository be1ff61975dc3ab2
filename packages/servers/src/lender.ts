import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startKafka } from './kafka.ts'
import { startPostgres } from './postgres.ts'
import { startRegistry } from './registry.ts'
import type { Stoppable } from './setup.ts'

/** Lends servers to other processes, one of each kind to all of them. */
export interface Lender {
  /** Where `borrow` asks. */
  readonly address: string
  /** Ends all servers. */
  stop(): Promise<void>
}

const starts = {
  kafka: startKafka,
  postgres: async (how: { signal: AbortSignal }) => {
    const { url, stop } = await startPostgres(how)
    return { address: url, stop }
  },
  registry: startRegistry,
}

/** What can be borrowed. */
export type Lent = keyof typeof starts

/** Begins to lend. A server is started when the first one asks for it; one that did not start is not tried again. */
export async function openLender(): Promise<Lender> {
  const ending = new AbortController()
  const lent = new Map<Lent, Promise<Stoppable & { readonly address: string }>>()

  const http = createServer(async (request, response) => {
    const name = request.url!.slice(1) as Lent
    try {
      const starting = lent.get(name) ?? starts[name]({ signal: ending.signal })
      lent.set(name, starting)
      response.end((await starting).address)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))

  return {
    address: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async stop() {
      ending.abort()
      http.close()
      http.closeAllConnections()
      const started = await Promise.allSettled(lent.values())
      await Promise.all(started.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])))
    },
  }
}

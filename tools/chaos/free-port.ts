import { createServer } from 'node:net'

/**
 * A port that nobody listens on, below those that the system hands out by itself: while its server is away, no client
 * connection can take it.
 * @param random from 0 to 1
 */
export async function freePort(random: () => number): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (free) return port
  }
}

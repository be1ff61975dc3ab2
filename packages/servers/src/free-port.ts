import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that systems hand out by themselves: while its server is away, no client connection can take it. */
const range = { min: 20_000, max: 30_000 }

/**
 * A port of the loopback address that nobody listens on just now.
 * @param random from 0 up to and without 1; default: by chance
 */
export async function freePort(random = (): number => randomInt(1_000_000) / 1_000_000): Promise<number> {
  for (;;) {
    const port = range.min + Math.floor(random() * (range.max - range.min))
    if (await isFree(port)) return port
  }
}

/** Whether nobody listens on a port of the loopback address just now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return free
}

import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'

const everyAddress = new Set(['0.0.0.0', '::'])

/**
 * Where processes on other machines reach a server. One that listens on every address has none of its own to tell: it is
 * found at what this machine's name stands for, which in a container is the container's own address. Where the name stands
 * for the loopback, as Debian has it, others get the name.
 * @param address as the server says it, `http://127.0.0.1:9000`
 * @param host what it was told to listen on
 * @param machine name of this machine, and how names are looked up
 */
export async function reachable(
  address: string,
  host: string,
  machine = { name: hostname(), lookup: async (name: string) => (await lookup(name)).address },
): Promise<string> {
  if (!everyAddress.has(host)) return address
  const found = await machine.lookup(machine.name).catch(() => machine.name)
  const name = /^127\.|^::1$/.test(found) ? machine.name : found
  const { port } = new URL(address)
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`
}

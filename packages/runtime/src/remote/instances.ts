import type { Clock } from '@waybill/core'
import type { Directory } from '../outside/directory.ts'

/** Looked up at most so often: instances come and go rarely, calls by the thousand. */
const freshMs = 500

/** The addresses of the instances of a service that are up, as the directory knows them. */
export function addressBook(
  directory: Directory,
  clock: Clock,
): (service: string) => Promise<readonly string[]> {
  let known: ReturnType<Directory['instances']> = Promise.resolve([])
  let knownAt = -Infinity
  return async (service) => {
    if (clock.monotonic() - knownAt > freshMs) {
      knownAt = clock.monotonic()
      const before = known
      // While the directory cannot be read, what it said last is the best guess.
      known = directory.instances().catch(() => before)
    }
    return (await known)
      .filter((instance) => instance.service === service && instance.status === 'up')
      .filter(({ address }) => address.startsWith('http'))
      .map(({ address }) => address)
  }
}

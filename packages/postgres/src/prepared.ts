import type { Client } from 'pg'

/**
 * Statements that a connection keeps parsed, each with its plan: 20 to 200 kB of the server's memory. A service has a few
 * dozen that it uses all the time; what goes beyond is combinations of changes that are rare together.
 */
export const preparedMax = 256

/** What of the client's inside is needed to forget a statement: it has no call for it. */
interface Inside {
  close(what: { readonly type: 'S'; readonly name: string }): void
  readonly parsedStatements: Record<string, string>
}

/**
 * Which statements a connection keeps. The answer gives the name under which one is, or is going to be, parsed; asked
 * right before the statement is sent. The one that was used least recently makes room for it: the message that closes it
 * goes before the one that parses the other. A name is never used again, so nothing depends on how that ends.
 */
export function keepPrepared(client: Client, max = preparedMax): (name: string) => string {
  const kept = new Map<string, string>()
  let renamed = 0

  return (name) => {
    const found = kept.get(name)
    const used = found ?? `${name}_${++renamed}`
    kept.delete(name)
    kept.set(name, used)
    if (kept.size > max) {
      const [oldest, parsed] = kept.entries().next().value!
      kept.delete(oldest)
      const inside = client.connection as unknown as Inside
      inside.close({ type: 'S', name: parsed })
      delete inside.parsedStatements[parsed]
    }
    return used
  }
}

import { type Link, openLink } from './link.ts'

/** The links of a process to others: one to each, shared by all who call there. */
export interface Links {
  /** The link to an address. One that has broken stays so for a while: who has an alternative had better take it. */
  to(address: string): Link
  close(): void
}

const restMs = 1_000

export function createLinks(jwtSecret: string): Links {
  const links = new Map<string, { readonly link: Link; readonly openedAt: number }>()

  function open(address: string): Link {
    // Those to processes that are gone for good would otherwise stay for ever.
    for (const [other, { link }] of links) if (link.state === 'broken') links.delete(other)
    const link = openLink(address, jwtSecret)
    links.set(address, { link, openedAt: performance.now() })
    return link
  }

  return {
    to: (address) => {
      const known = links.get(address)
      if (known === undefined) return open(address)
      const rested = known.link.state === 'broken' && performance.now() - known.openedAt > restMs
      return rested ? open(address) : known.link
    },
    close: () => {
      for (const { link } of links.values()) link.close()
    },
  }
}

import type { StoreTime } from './data.ts'
import type { Leases } from '../ports/leases.ts'

interface Member {
  readonly name: string
  readonly wants: ReadonlySet<string>
  readonly has: Set<string>
  readonly until: number
}

/** Leases in memory. */
export function memoryLeases(clock: StoreTime): Leases {
  const members = new Map<string, Member>()
  const now = (): number => clock.monotonic()

  function enter({ as, of, forMs }: Parameters<Leases['share']>[0]): Member {
    for (const { name, until } of members.values()) if (until < now()) members.delete(name)
    const wants = new Set(of)
    const has = new Set([...(members.get(as)?.has ?? [])].filter((thing) => wants.has(thing)))
    const me = { name: as, wants, has, until: now() + forMs }
    members.set(as, me)
    return me
  }

  return {
    share: async (ask) => {
      const me = enter(ask)
      const rivals = [...members.values()].filter(
        ({ name, wants }) => name !== ask.as && ask.of.some((thing) => wants.has(thing)),
      )
      const isFree = (thing: string): boolean => ![...members.values()].some(({ has }) => has.has(thing))
      const poorest = (thing: string): number =>
        Math.min(...rivals.filter(({ wants }) => wants.has(thing)).map(({ has }) => has.size))

      for (const thing of ask.of) if (isFree(thing) && poorest(thing) >= me.has.size) me.has.add(thing)
      // What is free goes to others: one would have fewer even then.
      let free = ask.of.filter(isFree).length
      const part = new Set(me.has)
      for (const thing of [...me.has].sort().toReversed()) {
        if (poorest(thing) + free + 1 >= part.size) continue
        part.delete(thing)
        free += 1
        if (!ask.inHand.includes(thing)) me.has.delete(thing)
      }
      return { things: [...part].sort(), others: rivals.map(({ name }) => name) }
    },
    leave: async (as) => void members.delete(as),
  }
}

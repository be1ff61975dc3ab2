/** A partition of which nothing more is handled until somebody has dealt with the cause. */
export interface Halt {
  readonly system: string
  readonly service: string
  readonly source: string
  readonly partition: number
  /** A literal of the catalogue, or `UNKNOWN`. */
  readonly code: string
}

/** What stands still in this process now. */
export interface Halts {
  /** @returns false when it was known to stand still, for the same reason */
  add(halt: Halt): boolean
  /** @returns false when it did not stand still */
  remove(halt: Omit<Halt, 'code'>): boolean
  list(): readonly Halt[]
}

export function createHalts(): Halts {
  const halts = new Map<string, Halt>()
  const nameOf = ({ system, service, source, partition }: Omit<Halt, 'code'>): string =>
    JSON.stringify([system, service, source, partition])
  return {
    add(halt) {
      const known = halts.get(nameOf(halt))?.code === halt.code
      halts.set(nameOf(halt), halt)
      return !known
    },
    remove: (halt) => halts.delete(nameOf(halt)),
    list: () => [...halts.values()],
  }
}

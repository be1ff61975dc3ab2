/** Who sent a command or a query, as the gateway authenticated them. */
export interface Caller {
  readonly userId: string
  readonly roles: readonly string[]
}

/** The caller of work that the system starts by itself, e.g. demo data. */
export const systemCaller: Caller = { userId: 'system', roles: ['admin', 'user'] }

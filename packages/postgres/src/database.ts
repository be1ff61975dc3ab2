import type { Statement } from './sql.ts'

/** Rows as arrays: numbers, booleans, strings, bytes, null, parsed JSON. */
export type Rows = readonly (readonly any[])[]

/** Statements started in the same tick go over the wire together and are answered in their order. */
export type Run = (statement: Statement) => Promise<Rows>

export interface Transaction {
  readonly run: Run
  /** The last statement; the commit goes with it. Not to be locked longer than the answer takes. */
  finish(statement: Statement): Promise<Rows>
}

/** A PostgreSQL database, whoever runs it. */
export interface Database {
  /** Statements on one connection, each for itself. */
  read<T>(work: (run: Run) => Promise<T>): Promise<T>
  /**
   * A transaction on a connection of its own; commits when `work` resolves, unless `finish` has.
   * @throws ConnectionLost
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The connection broke. */
export class ConnectionLost extends Error {
  /** The name of the session, if a commit was on its way: whether it took place is not known. */
  readonly committing: string | undefined

  constructor(cause: unknown, committing?: string) {
    super('The connection to the database broke', { cause })
    this.name = 'ConnectionLost'
    this.committing = committing
  }
}

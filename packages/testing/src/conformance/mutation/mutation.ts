import type { Change } from './put-in.ts'

/**
 * A defect put into the engine: the only way to see that a case notices what no backend can do wrong. The program is
 * changed while it is loaded, in a process of its own; its files are not.
 */
export interface Mutation extends Change {
  /** A sentence about the engine, without its subject. */
  readonly defect: string
  /** The case that must notice: its group, and the beginning of its name. */
  readonly group: string
  readonly case: string
}

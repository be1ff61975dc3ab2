import type { Position, Reading } from './reading.ts'

/** A partition that does not have, or no longer has, what stands before or at the saved offset. */
export interface Loss {
  readonly reading: Reading
  /** Where it was read when this was found. */
  readonly at: Readonly<Position>
  /**
   * `recreated`: this is another topic of the same name. `truncated`: its log ends before the saved offset, or has parted
   * from what was read. `expired`: what was to be read next has been deleted. `gone`: there is no such partition.
   */
  readonly kind: 'recreated' | 'truncated' | 'expired' | 'gone'
  /** What was found: a sentence without its end. */
  readonly found: string
  /** From where on it can be read, once what is missing has come from elsewhere; `undefined`: not at all. */
  readonly resume: Readonly<Position> | undefined
  /** How many partitions the topic has now. */
  readonly partitions: number
}

const dayMs = 24 * 60 * 60 * 1_000

/**
 * What is older was handled, or never will be: of what is younger a consumer still knows the ids that it has handled, so
 * that it may come again. Consumers remember for 31 days; the last one is for clocks that differ, and for the reading.
 */
export const refillMs = 30 * dayMs

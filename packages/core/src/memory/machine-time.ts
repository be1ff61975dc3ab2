import type { StoreTime } from './data.ts'

declare const performance: { now(): number }

/** A database has a clock of its own, which no process can set. This one's is the machine's, unless a simulation gives one. */
export const machineTime: StoreTime = {
  // oxlint-disable-next-line no-restricted-properties -- see above: it stands for the clock of a database
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

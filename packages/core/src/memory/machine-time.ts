import type { StoreTime } from './data.ts'

// Every JavaScript runtime has it; the ES library that core compiles with does not list it.
declare const performance: { readonly timeOrigin: number; now(): number }

/** A database has a clock of its own, which no process sets. This one goes on evenly from when the machine's was read. */
export const machineTime: StoreTime = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  monotonic: () => performance.now(),
}

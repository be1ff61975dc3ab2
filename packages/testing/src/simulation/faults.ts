import type { Random } from './random.ts'

/** What can go wrong in a simulation, by the part that it strikes. */
export const faultKinds = [
  /** A process ends without a word, at any moment: before, in or after a transaction, in an effect. */
  'crash',
  /** A process stands still for up to a minute, and goes on as if nothing had been: others have its work by then. */
  'freeze',
  /** A process ends in an orderly way, and another one takes its place later. */
  'leave',
  /** A store is not reached for some seconds. */
  'away',
  /** A call of a store fails, with nothing done. */
  'failed',
  /** A call of a store takes its time. */
  'slow',
  /** What a process believes to be the time jumps. */
  'jump',
  /** A call of the outside world fails before anything is done. */
  'refusal',
  /** It is done, and its answer is lost. */
  'silence',
  /** It is done, and answered late. */
  'lateness',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** How often each kind strikes where it can, from 0 to 1. */
export type Faults = Readonly<Record<FaultKind, number>>

/** So often at most: a run in which hardly anything works shows little. */
const most: Faults = {
  crash: 0.02,
  freeze: 0.005,
  leave: 0.05,
  away: 0.03,
  failed: 0.03,
  slow: 0.5,
  jump: 0.1,
  refusal: 0.3,
  silence: 0.15,
  lateness: 0.3,
}

export const noFaults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Faults

/**
 * The faults of one run. Half of the kinds are off: some are only found where others do not hide them (swarm testing,
 * Groce et al. 2012).
 */
export function drawFaults(random: Random): Faults {
  const rates = faultKinds.map((kind) => [kind, random.strikes(0.5) ? random.next() * most[kind] : 0])
  return Object.fromEntries(rates) as Faults
}

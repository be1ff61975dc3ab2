import { toMs } from '../contract/duration.ts'
import type { EffectLimits } from '../contract/effect.ts'

/** Bounds and times of the engine. What holds for sizes is in `sizes`. */
export const pace = {
  /** Works of each lane in one transaction: commands, messages, deadlines, events for itself, parked ones. */
  laneMax: 1_000,
  /** A transaction decides no longer than that: what is left of the batch goes into the next … */
  decideMs: 500,
  /** … and one decide takes no longer than that: databases end a transaction in which nothing happens for seconds. */
  oneDecideMs: 3_000,
  /** A transaction writes about so many bytes of payload. */
  writeBytesMax: 8 * 1024 * 1024,
  /** Batches that meet so many conflicts one after the other go in halves. */
  conflictsMax: 4,
  /** … and an event that meets so many all alone is set aside. */
  conflictsAloneMax: 20,
  /** Commands that wait for a batch; one more is refused with OVERLOADED. */
  commandsMax: 10_000,
  /** While the process is busy, an event that comes alone waits so long for company, several so long … */
  lingerMs: 10,
  lingerBusyMs: 25,
  /** … unless so many are there already. */
  companyMin: 100,
  /** Deadlines and parked events of other processes are looked for so often. */
  dueEveryMs: 1_000,
  /** Where other processes leave something behind all the time: so often, and less and less often while there is nothing. */
  lookForOthersMs: 20,
  lookForOthersMaxMs: 160,
  /** Processes of a service ask so often for their part of its work … */
  shareEveryMs: 1_000,
  /** … and keep it so long when they ask no more: long enough for a pause of theirs, short enough for those who wait. */
  leaseMs: 5_000,
  /** The longest pause before a batch is tried again that the store did not take. */
  storeAwayMaxMs: 2_000,
  /** A command waits so long for its batch to be committed, whatever keeps it. */
  commandPatienceMs: 5_000,
  /** One attempt of an effect, when it declares nothing else. */
  effectAttemptMs: 10_000,
  /** Effects of events under way; those that come when there are so many wait for their turn. */
  effectsMax: 1_000,
  /** A batch waits so long for another effect to end before it goes on without the rest … */
  effectQuietMs: 25,
  /** … or so long, when many are still under way: setting them aside would cost more. */
  effectCrowdQuietMs: 1_000,
  effectCrowdMin: 16,
  /** An effect runs again so often because the state that it saw has changed; then its answer stands. */
  effectRerunsMax: 3,
  /** The answer of an effect is kept so long for a batch that has to be tried again. */
  effectKeepMs: 60_000,
  /** First and longest pause before a failed event is tried again. */
  retryFirstMs: 100,
  retryMaxMs: 30_000,
  /** A log or store that does not answer is asked again so often. */
  logAwayMs: 250,
  /** How long a claimed event id and a stored reply are remembered. */
  rememberMs: 31 * 24 * 60 * 60 * 1_000,
  forgetEveryMs: 60 * 60 * 1_000,
} as const

/** How long one attempt of an effect may take. A declared limit is a policy, and scaled; the machine is no faster for it. */
export function attemptMs({ attempt }: EffectLimits, timeScale: number): number {
  return attempt === undefined ? pace.effectAttemptMs : toMs(attempt) / timeScale
}

/** The pause before attempt `attempts + 1`: doubling. */
export function backoffMs(attempts: number): number {
  return Math.min(pace.retryMaxMs, pace.retryFirstMs * 2 ** Math.min(attempts - 1, 20))
}

/** The pause before a store that did not take a batch is asked again: none at first, then doubling. */
export function storeAwayMs(attempts: number): number {
  return Math.min(backoffMs(attempts), pace.storeAwayMaxMs) - pace.retryFirstMs + 1
}

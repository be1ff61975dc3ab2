import { toMs } from '../contract/duration.ts'
import type { EffectLimits } from '../contract/effect.ts'

/** Bounds and times of the engine. */
export const limits = {
  /** Works in one transaction. */
  batchMax: 1_000,
  /** Commands that wait for a batch; one more is refused with OVERLOADED. */
  commandsMax: 10_000,
  /** Commands wake the loop at once. An event that comes alone waits so long for company, several so long … */
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
  /** A command waits so long for the store to come back. */
  commandPatienceMs: 5_000,
  /** One attempt of an effect, when it declares nothing else. */
  effectAttemptMs: 10_000,
  /** A batch waits so long for another effect to end before it goes on without the rest … */
  effectQuietMs: 25,
  /** … or so long, when many are still under way: setting them aside would cost more. */
  effectCrowdQuietMs: 1_000,
  effectCrowdMin: 16,
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
  return attempt === undefined ? limits.effectAttemptMs : toMs(attempt) / timeScale
}

/** The pause before attempt `attempts + 1`: doubling. */
export function backoffMs(attempts: number): number {
  return Math.min(limits.retryMaxMs, limits.retryFirstMs * 2 ** Math.min(attempts - 1, 20))
}

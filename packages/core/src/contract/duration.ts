/** A length of time. The parts add up: `{ minutes: 1, seconds: 30 }` is 90 seconds. */
export interface Duration {
  readonly ms?: number
  readonly seconds?: number
  readonly minutes?: number
  readonly hours?: number
  readonly days?: number
}

/** The same length in milliseconds. */
export function toMs(duration: Duration): number {
  const { ms = 0, seconds = 0, minutes = 0, hours = 0, days = 0 } = duration
  return ms + 1_000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)))
}

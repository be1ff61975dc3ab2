import type { Clock, Ids } from '@waybill/core'
import { seededRandom } from './seeded-random.ts'

const perMillisecond = 4096

/** Ids of the form UUID version 7, the same for the same seed and clock, each sorting after the one before. */
export function seededIds(clock: Pick<Clock, 'now'>, seed: number): Ids {
  const random = seededRandom(seed)
  let time = 0
  let count = 0
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  return {
    newId: () => {
      count += 1
      if (clock.now() > time || count >= perMillisecond) {
        // A full millisecond borrows from the next one, so that order is kept.
        time = Math.max(clock.now(), time + 1)
        count = 0
      }
      const [high, low] = [hex(Math.floor(time / 2 ** 16), 8), hex(time % 2 ** 16, 4)]
      const variant = hex(0x8000 + Math.floor(random() * 0x4000), 4)
      return `${high}-${low}-7${hex(count, 3)}-${variant}-${hex(Math.floor(random() * 2 ** 48), 12)}`
    },
  }
}

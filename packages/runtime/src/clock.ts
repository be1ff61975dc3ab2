import type { Clock } from '@waybill/core'

/** The longest delay that Node's timers keep; a longer one would fire at once. */
const timerMsMax = 2_147_483_647

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, fire) {
    let handle: NodeJS.Timeout
    const arm = (left: number): void => {
      const step = Math.min(left, timerMsMax)
      handle = setTimeout(() => (left > step ? arm(left - step) : fire()), step)
    }
    arm(ms)
    return () => clearTimeout(handle)
  },
}

import type { Clock } from '@waybill/core'
import type { VirtualClock } from './virtual-clock.ts'

/** Whether a simulated process is alive, and whether it moves. */
export interface Life {
  isDead(): boolean
  kill(): void
  /** Nothing of it moves for so long. */
  freeze(ms: number): void
  /** It moves again. */
  wake(): void
  /** Resolves as soon as the process moves; never, once it is dead. Whatever a process does comes through here. */
  pass(): Promise<void>
  /** Rejects when it dies: what others have begun for it is called off. */
  readonly died: Promise<never>
  /** Its clock: it may believe something else to be the time, and its timers wait while it stands still. */
  readonly clock: Clock
  /** Lets what it believes to be the time jump by so much. */
  jump(ms: number): void
}

export function createLife(clock: VirtualClock): Life {
  const { promise: died, reject } = Promise.withResolvers<never>()
  died.catch(() => {})
  let isDead = false
  let frozenUntil = 0
  let skew = 0

  let standing: (() => void)[] = []

  function thaw(): void {
    if (clock.now() < frozenUntil) return
    for (const goOn of standing) goOn()
    standing = []
  }

  async function pass(): Promise<void> {
    while (!isDead && clock.now() < frozenUntil) {
      await new Promise<void>((goOn) => void standing.push(goOn))
    }
    if (isDead) await new Promise(() => {})
  }

  return {
    isDead: () => isDead,
    kill: () => {
      isDead = true
      reject(new Error('The process is gone.'))
    },
    freeze: (ms) => {
      frozenUntil = clock.now() + ms
      clock.timer(ms, thaw)
    },
    wake: () => {
      frozenUntil = clock.now()
      thaw()
    },
    pass,
    died,
    clock: {
      now: () => clock.now() + skew,
      monotonic: clock.monotonic,
      timer: (ms, fire) => {
        let isCancelled = false
        const cancel = clock.timer(ms, () => {
          void pass().then(() => {
            if (!isCancelled) fire()
          })
        })
        return () => {
          isCancelled = true
          cancel()
        }
      },
    },
    jump: (ms) => {
      skew += ms
    },
  }
}

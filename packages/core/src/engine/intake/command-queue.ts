import { WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { pace } from '../pace.ts'
import type { CommandAnswer, CommandWork } from './work.ts'

/** Commands that wait for a batch: so many, and for so long. */
export interface CommandQueue {
  /** @throws OVERLOADED when it is full; the answer rejects when it has waited for too long */
  add(work: Omit<CommandWork, 'kind' | 'since' | 'resolve' | 'reject'>): Promise<CommandAnswer>
  take(max: number): CommandWork[]
  readonly length: number
  /** Why those that wait too long are refused from now on; `undefined`: there is no more reason than that. */
  hinder(cause: unknown): void
}

export function commandQueue(clock: Clock): CommandQueue {
  const queue: CommandWork[] = []
  let hindrance: unknown
  let cancelSweep: (() => void) | undefined

  /** Nobody waits for ever, whatever the loop is waiting for: nothing has happened yet of what is still in the queue. */
  function sweep(): void {
    const now = clock.monotonic()
    while (queue.length > 0 && now - queue[0]!.since >= pace.commandPatienceMs) {
      queue.shift()!.reject(hindrance ?? new WaybillError('OVERLOADED', 'The command has waited too long.'))
    }
    cancelSweep = undefined
    if (queue.length > 0) sweepIn(queue[0]!.since + pace.commandPatienceMs - now)
  }

  function sweepIn(ms: number): void {
    cancelSweep = clock.timer(ms, sweep)
  }

  return {
    add: (work) => {
      if (queue.length >= pace.commandsMax) {
        throw new WaybillError('OVERLOADED', 'Too many commands are waiting.')
      }
      return new Promise((resolve, reject) => {
        queue.push({ kind: 'command', since: clock.monotonic(), ...work, resolve, reject })
        if (cancelSweep === undefined) sweepIn(pace.commandPatienceMs)
      })
    },
    take: (max) => {
      const taken = queue.splice(0, max)
      if (queue.length === 0) {
        cancelSweep?.()
        cancelSweep = undefined
      }
      return taken
    },
    get length() {
      return queue.length
    },
    hinder: (cause) => {
      hindrance = cause
    },
  }
}

import { pace } from '../pace.ts'
import type { Arrivals } from './arrivals.ts'
import type { Taken } from './backlog.ts'
import type { Commands } from './commands.ts'
import type { Timetable } from './timetable.ts'
import type { Origin, Work } from './work.ts'

/** Works that are committed together, and how far the log is handled with them. */
export interface Batch extends Pick<Taken, 'reached' | 'fence'> {
  readonly works: readonly Work[]
}

/** Whatever has piled up, from all lanes. */
export interface Intake {
  isEmpty(): boolean
  /** The next batch: of each lane what has piled up, at most so many, so that none is kept waiting by another. */
  take(): Promise<Batch>
  /** Commands alone. */
  takeCommands(): Batch
}

const nothing: Taken = { messages: [], reached: [], fence: undefined }

/** @param options.isStopping from then on only what has been promised is done: commands */
export function intake(options: {
  commands: Pick<Commands, 'take' | 'pending'>
  arrivals: Pick<Arrivals, 'take' | 'pending' | 'isEmpty'>
  times: Pick<Timetable, 'take' | 'isDue'>
  toWork: (origin: Origin) => Work
  isStopping: () => boolean
}): Intake {
  const { commands, arrivals, times, toWork, isStopping } = options
  const onlyCommands = (): Batch => ({ ...nothing, works: commands.take(pace.laneMax) })
  return {
    // Of what is not taken any more nobody may be told: the loop would go round and let nothing else happen.
    isEmpty: () => commands.pending() === 0 && (isStopping() || (arrivals.isEmpty() && !times.isDue())),
    take: async () => {
      if (isStopping()) return onlyCommands()
      const due = await times.take(pace.laneMax)
      const sent = commands.take(pace.laneMax)
      const { messages, reached, fence } = isStopping() ? nothing : arrivals.take(pace.laneMax)
      const origins = [...due, ...messages.map((message) => ({ kind: 'message' as const, message }))]
      return { works: [...sent, ...origins.map(toWork)], reached, fence }
    },
    takeCommands: onlyCommands,
  }
}

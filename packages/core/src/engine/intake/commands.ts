import type { CommandDef } from '../../contract/command.ts'
import type { EffectIo } from '../../contract/effect.ts'
import { isRefusal, type Refusal } from '../../contract/refusal.ts'
import { WaybillError } from '../../errors.ts'
import { checkKey } from '../../limits.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Ids } from '../../ports/ids.ts'
import { gather } from '../effects/gather.ts'
import type { Submission, Submitted } from '../engine.ts'
import { changes } from './changes.ts'
import { commandQueue } from './command-queue.ts'
import type { CommandAnswer, CommandWork } from './work.ts'

/** A wait for a flow looks at the state so often even when nobody rings: another process may have ended it. */
const lookEveryMs = 250

/** Takes commands, lets them wait for a batch, and their callers for the end of a flow. */
export interface Commands {
  submit(command: CommandDef, input: unknown, how: Submission): Promise<Submitted<unknown>>
  /** What has piled up, at most `max`. */
  take(max: number): CommandWork[]
  pending(): number
  /** Whether commands are on their way that were let in: waiting, or still gathering what they need. */
  busy(): boolean
  /** From now on every new command is refused with STOPPING. */
  close(): void
  /** Tells those who wait for an entity that it has changed. */
  changed(subject: string): void
  /** See `CommandQueue`. */
  hinder(cause: unknown): void
}

export interface CommandsOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly io: Pick<EffectIo, 'ask' | 'nextNumber'>
  readonly timeScale: number
  /** The present state of the entity that decided. */
  stateOf(command: CommandDef, id: string): Promise<unknown>
  subjectOf(command: CommandDef, id: string): string
  /** Wakes the loop. */
  ring(): void
}

export function commands(options: CommandsOptions): Commands {
  const { clock, ids, stateOf, subjectOf, ring } = options
  const queue = commandQueue(clock)
  const watched = changes(clock)
  const state = { isOpen: true, gathering: 0 }

  async function letIn(command: CommandDef, input: unknown, how: Submission): Promise<CommandAnswer> {
    const eventId = ids.newId()
    const correlationId = how.correlationId ?? eventId
    let answer: Promise<CommandAnswer>
    state.gathering += 1
    try {
      const gathered = await gather(options, command, input, how, eventId)
      const id = command.id(input, { newId: () => ids.newId(), caller: how.caller, gathered })
      checkKey(id, () => `The id that ${command.name} names`)
      answer = queue.add({ command, input, how, eventId, correlationId, id, gathered })
    } finally {
      state.gathering -= 1
      ring()
    }
    return answer
  }

  /** Waits until the flow has settled or the time is over; gives the last state seen. */
  async function settle(
    command: CommandDef,
    { id, state: decided, replayed }: Exclude<CommandAnswer, Refusal>,
    waitMs: number,
  ): Promise<{ state: unknown; settled: boolean }> {
    const until = clock.monotonic() + waitMs
    let seen = replayed ? await stateOf(command, id) : decided
    for (;;) {
      if (command.settled === undefined || command.settled(seen)) return { state: seen, settled: true }
      const leftMs = until - clock.monotonic()
      if (leftMs <= 0 || !state.isOpen) return { state: seen, settled: false }
      await watched.of(subjectOf(command, id), Math.min(leftMs, lookEveryMs))
      seen = await stateOf(command, id)
    }
  }

  return {
    submit: async (command, input, how) => {
      if (!state.isOpen) throw new WaybillError('STOPPING', 'The service is shutting down.')
      const answer = await letIn(command, input, how)
      if (isRefusal(answer)) return answer
      const { waitMs = 0 } = how
      const { state: last, settled } = await settle(command, answer, waitMs)
      // Who waits wants to know how it ended; who does not gets the answer of the moment, the same at a repetition.
      const reply = waitMs > 0 ? command.reply(last, { id: answer.id, input }) : answer.reply
      const { refused, correlationId: repliedTo, replayed } = answer
      return { refused, id: answer.id, reply, correlationId: repliedTo, settled, replayed }
    },
    take: queue.take,
    pending: () => queue.length,
    busy: () => queue.length + state.gathering > 0,
    close: () => {
      state.isOpen = false
      watched.end()
    },
    changed: watched.tell,
    hinder: queue.hinder,
  }
}

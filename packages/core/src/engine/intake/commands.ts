import type { CommandDef } from '../../contract/command.ts'
import type { EffectIo } from '../../contract/effect.ts'
import { isRefusal, type Refusal } from '../../contract/refusal.ts'
import { messageOf, WaybillError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Ids } from '../../ports/ids.ts'
import { checkKey } from '../../limits.ts'
import { attempt } from '../effects/attempt.ts'
import { effectIo } from '../effects/effect-io.ts'
import type { Submission, Submitted } from '../engine.ts'
import { attemptMs, pace } from '../pace.ts'
import { type CommandAnswer, type CommandWork } from './work.ts'

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
  /** Why commands that wait too long are refused from now on; `undefined`: there is no more reason than that. */
  hinder(cause: unknown): void
}

export function commands(options: {
  clock: Clock
  ids: Ids
  io: Pick<EffectIo, 'ask' | 'nextNumber'>
  timeScale: number
  /** The present state of the entity that decided. */
  stateOf(command: CommandDef, id: string): Promise<unknown>
  subjectOf(command: CommandDef, id: string): string
  /** Wakes the loop. */
  ring(): void
}): Commands {
  const { clock, ids, io, timeScale, stateOf, subjectOf, ring } = options
  const queue: CommandWork[] = []
  let open = true
  let gathering = 0
  let hindrance: unknown
  let cancelSweep: (() => void) | undefined
  const watchers = new Map<string, Set<() => void>>()

  async function gather(
    command: CommandDef,
    input: unknown,
    how: Submission,
    eventId: string,
  ): Promise<unknown> {
    if (command.effect === undefined) return undefined
    const { run, limits: declared } = command.effect
    // A repeated command that acts on the outside world does so under the same key.
    const key = how.idempotency?.slot ?? eventId
    const what = `The effect of ${command.name}`
    try {
      return await attempt(clock, attemptMs(declared, timeScale), what, (limit) =>
        run(input, effectIo({ ...io, caller: how.caller }, key, limit)),
      )
    } catch (cause) {
      if (cause instanceof WaybillError) throw cause
      throw new WaybillError('EFFECT_FAILED', `${what} failed: ${messageOf(cause)}`, { cause })
    }
  }

  function enqueue(work: Omit<CommandWork, 'kind' | 'since' | 'resolve' | 'reject'>): Promise<CommandAnswer> {
    if (queue.length >= pace.commandsMax)
      throw new WaybillError('OVERLOADED', 'Too many commands are waiting.')
    return new Promise((resolve, reject) => {
      queue.push({ kind: 'command', since: clock.monotonic(), ...work, resolve, reject })
      if (cancelSweep === undefined) sweepIn(pace.commandPatienceMs)
    })
  }

  function sweepIn(ms: number): void {
    cancelSweep = clock.timer(ms, sweep)
  }

  /** Nobody waits for ever, whatever the loop is waiting for: nothing has happened yet of what is still in the queue. */
  function sweep(): void {
    const now = clock.monotonic()
    while (queue.length > 0 && now - queue[0]!.since >= pace.commandPatienceMs) {
      queue.shift()!.reject(hindrance ?? new WaybillError('OVERLOADED', 'The command has waited too long.'))
    }
    cancelSweep = undefined
    if (queue.length > 0) sweepIn(queue[0]!.since + pace.commandPatienceMs - now)
  }

  async function letIn(command: CommandDef, input: unknown, how: Submission): Promise<CommandAnswer> {
    const eventId = ids.newId()
    const correlationId = how.correlationId ?? eventId
    let answer: Promise<CommandAnswer>
    gathering += 1
    try {
      const gathered = await gather(command, input, how, eventId)
      const id = command.id(input, { newId: () => ids.newId(), caller: how.caller, gathered })
      checkKey(id, `The id that ${command.name} names`)
      answer = enqueue({ command, input, how, eventId, correlationId, id, gathered })
    } finally {
      gathering -= 1
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
    let state = replayed ? await stateOf(command, id) : decided
    for (;;) {
      if (command.settled === undefined || command.settled(state)) return { state, settled: true }
      const leftMs = until - clock.monotonic()
      if (leftMs <= 0 || !open) return { state, settled: false }
      await changeOf(subjectOf(command, id), Math.min(leftMs, lookEveryMs))
      state = await stateOf(command, id)
    }
  }

  function changeOf(subject: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const watching = watchers.get(subject) ?? new Set()
      const done = (): void => {
        cancel()
        watching.delete(done)
        if (watching.size === 0) watchers.delete(subject)
        resolve()
      }
      const cancel = clock.timer(ms, done)
      watchers.set(subject, watching.add(done))
    })
  }

  return {
    submit: async (command, input, how) => {
      if (!open) throw new WaybillError('STOPPING', 'The service is shutting down.')
      const answer = await letIn(command, input, how)
      if (isRefusal(answer)) return answer
      const { waitMs = 0 } = how
      const { state, settled } = await settle(command, answer, waitMs)
      // Who waits wants to know how it ended; who does not gets the answer of the moment, the same at a repetition.
      const reply = waitMs > 0 ? command.reply(state, { id: answer.id, input }) : answer.reply
      const { refused, correlationId: repliedTo, replayed } = answer
      return { refused, id: answer.id, reply, correlationId: repliedTo, settled, replayed }
    },
    take: (max) => {
      const taken = queue.splice(0, max)
      if (queue.length === 0) {
        cancelSweep?.()
        cancelSweep = undefined
      }
      return taken
    },
    pending: () => queue.length,
    busy: () => queue.length + gathering > 0,
    close: () => {
      open = false
      for (const watching of watchers.values()) for (const done of watching) done()
    },
    changed: (subject) => {
      if (watchers.size > 0) for (const done of watchers.get(subject) ?? []) done()
    },
    hinder: (cause) => {
      hindrance = cause
    },
  }
}

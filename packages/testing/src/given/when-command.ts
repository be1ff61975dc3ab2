import assert from 'node:assert/strict'
import { type Caller, type CommandDef, type Emitted, isRefusal, frozen } from '@waybill/core'
import { assertFits, decided } from './decision.ts'
import { after, assertPastMatters, load, type Past } from './states.ts'
import { type MetaOptions, testCaller, testMeta } from './test-meta.ts'
import { compareWith, type Then } from './then.ts'

/** How a command is sent in a test. */
export interface CommandOptions extends MetaOptions {
  /** Which entity decides, instead of the one that the command's `id` names. */
  readonly id?: string
  readonly caller?: Caller
  /** What the command's effect gave. */
  readonly gathered?: unknown
}

/** A command is sent. */
export function whenCommand<O>(
  past: readonly Past[],
  command: CommandDef,
  input: unknown,
  options: CommandOptions,
): Then<Emitted, O> {
  const { entity, emits, name } = command
  assertFits(command.input, frozen(input), `the input of ${name}`)
  assertPastMatters(past, [command])
  const { caller = testCaller, gathered } = options
  const context = { caller, gathered: frozen(gathered) }
  const decide = (): { id: string; decision: ReturnType<CommandDef['decide']> } => {
    const meta = { ...testMeta(options), ...context }
    const id = options.id ?? command.id(input, meta)
    const { state } = load(past, [{ entity, id }])[0]!
    return { id, decision: command.decide(state, input, { ...meta, id }) }
  }
  const { id } = decide()
  const decision = decided(emits, () => decide().decision)
  const loaded = after(load(past, [{ entity, id }]), isRefusal(decision) ? [] : decision, options.at)
  return compareWith(decision, loaded, () => {
    assert.ok(!isRefusal(decision), `${name} was refused: ${JSON.stringify(decision)}`)
    const reply = command.reply(loaded[0]!.state, { id, input })
    if (command.output !== undefined) assertFits(command.output, reply, `the reply of ${name}`)
    return reply
  })
}

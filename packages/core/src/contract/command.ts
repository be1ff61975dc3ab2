import type { Static, TObject, TSchema } from 'typebox'
import { atOnce } from './at-once.ts'
import type { Caller } from './caller.ts'
import { decisionOf } from './decision.ts'
import type { EffectIo, EffectLimits } from './effect.ts'
import type { EntityDef } from './entity.ts'
import { type Decision, type Emitted, type EventDef } from './event.ts'
import { keyText } from './key.ts'
import type { Meta } from './meta.ts'
import { isRefusal, type Refusal } from './refusal.ts'

/** The route of a command: method and path, with path parameters in braces that are fields of the input. */
export type CommandRoute = `${'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`

/** A request that may be refused, decided by one service about one of its entities. */
export interface CommandDef<I = any, O = any> {
  readonly name: string
  readonly http: CommandRoute | undefined
  /** The role it takes; `undefined`: anyone. */
  readonly role: string | undefined
  readonly status: 200 | 201 | 202
  readonly input: TObject
  readonly output: TSchema | undefined
  readonly entity: EntityDef
  readonly emits: readonly EventDef[]
  readonly effect:
    | { run(input: unknown, io: EffectIo & { caller: Caller }): unknown; readonly limits: EffectLimits }
    | undefined
  id(input: unknown, context: { newId(): string; caller: Caller; gathered: unknown }): string
  decide(
    state: unknown,
    input: unknown,
    context: Meta & { id: string; caller: Caller; gathered: unknown },
  ): readonly Emitted[] | Refusal
  reply(state: unknown, context: { id: string; input: unknown }): unknown
  settled: ((state: unknown) => boolean) | undefined
  /** Only for inference. */
  readonly types?: { input: I; output: O }
}

/**
 * Declares a command.
 * @param name unique in its service, in the imperative: `place-order`
 * @param def.http its route; without one it can only be sent from inside
 * @param def.role who may send it: `user`, `admin`, or a role that the system names; without one: anyone
 * @param def.status of a success, default 201 for POST, else 200
 * @param def.input of path parameters and body together; checked before anything else happens
 * @param def.effect I/O before the decision, e.g. a query to another service; what it gives is `gathered`.
 *   It is not repeated: if it throws, the command fails with 503 and nothing has happened
 * @param def.at the kind of entity that decides, `def.id` which one
 * @param def.emits all that the decide may return; anything else does not compile
 * @param def.decide pure: state and input to events, or a refusal
 * @param def.output and `def.reply` what the caller gets, made from the state after the decision; default `{ id }`
 * @param def.settled says whether the flow that the command started has ended: `Prefer: wait` waits for it
 */
export function command<
  I extends TObject,
  S,
  const E extends readonly EventDef[],
  O extends TSchema,
  R = undefined,
>(
  name: string,
  def: {
    http?: CommandRoute
    role?: string
    status?: 200 | 201 | 202
    input: I
    output?: O
    limits?: EffectLimits
    effect?: (input: Static<I>, io: EffectIo & { caller: Caller }) => Promise<R> | R
    at: EntityDef<S>
    id: (input: Static<I>, context: { newId(): string; caller: Caller; gathered: NoInfer<R> }) => string
    emits: E
    decide: (
      state: S,
      input: Static<I>,
      context: Meta & { id: string; caller: Caller; gathered: NoInfer<R> },
    ) => Decision<E[number]> | Refusal
    reply?: (state: S, context: { id: string; input: Static<I> }) => NoInfer<Static<O>>
    settled?: (state: S) => boolean
  },
): CommandDef<Static<I>, Static<O>> {
  const { effect, reply, settled, emits } = def
  const decides = `The decide of the command ${name}`
  const replies = `The reply of the command ${name}`
  const settles = `The settled of the command ${name}`
  const names = `The id that the command ${name} names`
  return {
    name,
    http: def.http,
    role: def.role,
    status: def.status ?? (def.http?.startsWith('POST') === false ? 200 : 201),
    input: def.input,
    output: def.output,
    entity: def.at,
    emits,
    effect: effect && { run: (input, io) => effect(input as Static<I>, io), limits: def.limits ?? {} },
    id: (input, context) =>
      keyText(def.id(input as Static<I>, { ...context, gathered: context.gathered as R }), names),
    decide: (state, input, context) => {
      const decision = def.decide(state as S, input as Static<I>, {
        ...context,
        gathered: context.gathered as R,
      })
      return isRefusal(decision) ? decision : decisionOf(decision, decides, emits)
    },
    reply: (state, { id, input }) =>
      atOnce(reply?.(state as S, { id, input: input as Static<I> }), replies) ?? { id },
    settled: settled && ((state) => atOnce(settled(state as S), settles)),
  }
}

import { subjectOf } from '../../contract/entity.ts'
import { isRefusal } from '../../contract/refusal.ts'
import { WaybillError } from '../../errors.ts'
import type { Accepted, CommandAnswer, CommandWork } from '../intake/work.ts'
import { pace } from '../pace.ts'
import type { Deciding } from './deciding.ts'
import { checkJson } from './json-only.ts'

/** Decides a command, or finds the answer that an earlier one with its idempotency key was given. */
export function decideCommand(
  { changes, replies, newReplies, meta }: Deciding,
  { command, input, id, how, gathered, ...work }: CommandWork,
): CommandAnswer {
  const { idempotency } = how
  const earlier = idempotency && replies.get(idempotency.slot)
  if (earlier !== undefined) {
    if (earlier.fingerprint !== idempotency!.fingerprint) {
      throw new WaybillError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another request.')
    }
    return { refused: false, ...(earlier.reply as Accepted), state: undefined, replayed: true }
  }
  const { entity } = command
  const cause = { ...work, traceparent: how.traceparent, key: id }
  const about = { entity, id, subject: subjectOf(entity, id) }
  const state = changes.picture.state(about)
  const decision = command.decide(state, input, { ...meta(cause), id, caller: how.caller, gathered })
  if (isRefusal(decision)) return decision
  for (const emitted of decision) changes.record(emitted, [about], cause)
  const after = changes.picture.state(about)
  const reply = command.reply(after, { id, input })
  if (reply !== undefined) checkJson(reply, () => `The reply of ${command.name}`)
  const accepted: Accepted = { id, correlationId: work.correlationId, reply }
  if (idempotency !== undefined) {
    const { slot, fingerprint, keepMs = pace.rememberMs } = idempotency
    const stored = { slot, fingerprint, reply: accepted, keepMs }
    replies.set(slot, stored)
    newReplies.push(stored)
  }
  return { refused: false, ...accepted, state: after, replayed: false }
}

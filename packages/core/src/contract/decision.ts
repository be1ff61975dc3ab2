import { WaybillError } from '../errors.ts'
import { atOnce } from './at-once.ts'
import type { Emitted, EventDef } from './event.ts'
import { isRefusal } from './refusal.ts'

/**
 * What a decide has returned, as the list of events that it stands for.
 * @param what names the decide
 * @param emits what it may return
 * @throws DECIDE_FAILED when it is anything else: types can be talked out of what they know
 */
export function decisionOf(returned: unknown, what: string, emits: readonly EventDef[]): readonly Emitted[] {
  const decision = atOnce(returned, what)
  if (decision === undefined) return []
  const list: readonly unknown[] = Array.isArray(decision) ? decision : [decision]
  for (const one of list) checkEmitted(one, what, emits)
  return list as readonly Emitted[]
}

function checkEmitted(one: unknown, what: string, emits: readonly EventDef[]): asserts one is Emitted {
  if (isRefusal(one)) {
    fail(
      `${what} returned a refusal. A command returns it alone, not in a list; a handler says no with an event.`,
    )
  }
  if (typeof one !== 'object' || one === null || !('event' in one && 'data' in one)) {
    const shown =
      typeof one === 'function'
        ? `the definition ${(one as Partial<EventDef>).type ?? one.name}`
        : JSON.stringify(one)
    const [first] = emits
    const example = first === undefined ? 'an event' : `an event, as ${first.type}(…) makes it,`
    fail(`${what} returned ${shown?.slice(0, 200)}, which is no event. Return ${example} or a list of them.`)
  }
  const { type, event } = one as Emitted
  if (!emits.includes(event)) fail(`${what} returned ${type}, which emits(…) does not declare.`)
}

function fail(message: string): never {
  throw new WaybillError('DECIDE_FAILED', message)
}

import type { EventDef } from '../../contract/event.ts'
import type { SystemDef } from '../../contract/system.ts'
import { WaybillError } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { EventHead } from '../../ports/store.ts'

/** What came from a log. `producer`: see `Message`; `undefined` where that was not kept. */
interface Arrived {
  readonly head: EventHead & { readonly payload: Uint8Array }
  readonly producer: string | undefined
}

/**
 * Takes an event only from the topic and the service that the system declares for its type, so that who may write to one
 * topic can say nothing in the name of others. An internal event has no topic: it is never taken.
 * @throws UNKNOWN_EVENT or EVENT_MISPLACED
 */
export function admit({ head, producer }: Arrived, { events, producerOf }: SystemDef): EventDef {
  const event = declared(head, { events })
  const owner = producerOf.get(head.type)!.name
  if (event.topic === undefined) {
    throw new WaybillError('EVENT_MISPLACED', `${head.type} is internal to ${owner}: no topic carries it.`)
  }
  if (event.topic.name !== head.topic) {
    const where = `${head.type} belongs on the topic ${event.topic.name}, not on ${head.topic}.`
    throw new WaybillError('EVENT_MISPLACED', where)
  }
  if (producer !== undefined && producer !== owner) {
    const who = producer === '' ? 'somebody outside the system' : producer
    throw new WaybillError('EVENT_MISPLACED', `${head.type} is published by ${owner}, not by ${who}.`)
  }
  return event
}

/** @throws UNKNOWN_EVENT */
export function declared({ type }: EventHead, { events }: Pick<SystemDef, 'events'>): EventDef {
  const event = events.get(type)
  if (event !== undefined) return event
  throw new WaybillError(
    'UNKNOWN_EVENT',
    type === '' ? 'Its attributes do not say what it is.' : `Nobody declares ${type}.`,
  )
}

/**
 * Whether an event that cannot be read seems to be of a newer version of the system, as its service publishes it on its
 * topic: then it waits with its key for a service of that version. Anything else must not hold up the key that it claims to
 * have.
 */
export function isOfNewerVersion(
  { head, producer }: Arrived,
  { events, producerOf }: SystemDef,
  codec: Codec,
): boolean {
  if (head.type === '') return false
  const known = events.get(head.type)
  const alike = known === undefined ? [...events.values()] : [known]
  const isFromItsOwner = alike.some(
    ({ type, topic }) => topic?.name === head.topic && producerOf.get(type)!.name === producer,
  )
  if (!isFromItsOwner) return false
  return codec.isNewer?.(head.payload, head.type) ?? known === undefined
}

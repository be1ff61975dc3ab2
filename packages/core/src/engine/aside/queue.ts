import { isTooLong } from '../../limits.ts'
import type { EventHead } from '../../ports/store.ts'
import type { Origin } from '../intake/work.ts'

/**
 * The queue in which an event stands when it is set aside: that of its key, in its lane. What the service sends itself
 * has a lane of its own: a deadline that is to end a flow must not wait behind the very event that broke it. And what is
 * none of ours stands alone, whatever key it has: by it, nobody may hold up the events of others.
 */
export function queueOf(origin: Origin, isAlone: boolean): string {
  if (origin.kind === 'parked') return origin.entry.queue
  if (origin.kind === 'deadline') return `own/${keyOf(origin.deadline)}`
  const { producer, event } = origin.message
  // By who says to have published which event where, so that a repetition is recognised.
  return isAlone ? `alone/${producer}/${event.topic ?? ''}/${event.id}` : `log/${keyOf(event)}`
}

function keyOf({ key }: EventHead): string {
  return isTooLong(key) ? shortened(key) : key
}

/** Keys are bounded where they are made; one that is older than that is not. Two with one queue would only wait for each other. */
function shortened(key: string): string {
  const kept = 200
  let hash = 0
  for (let at = kept; at < key.length; at += 1) hash = Math.imul(hash, 31) + key.charCodeAt(at)
  return `${key.slice(0, kept)}#${hash >>> 0}`
}

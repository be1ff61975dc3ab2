import { hasCode } from '../../errors.ts'
import type { Codec } from '../../ports/codec.ts'
import type { Due, Store } from '../../ports/store.ts'
import type { Origin } from './work.ts'

/**
 * What is due now, with payloads that can be read.
 * @returns `undefined` while the store is away, or what can tell how to read a payload
 */
export async function dueNow(
  store: Store,
  codec: Codec,
  ask: Parameters<Store['due']>[0],
): Promise<Due | undefined> {
  try {
    const due = await store.due(ask)
    const events = [...due.parked.map(({ event }) => event), ...due.deadlines]
    if (events.length > 0) await codec.learn?.(events.map(({ payload }) => payload))
    return due
  } catch (cause) {
    if (hasCode(cause, 'STORE_UNAVAILABLE') || hasCode(cause, 'REGISTRY_UNAVAILABLE')) return undefined
    throw cause
  }
}

export function originsOf({ now, parked, deadlines }: Due): Origin[] {
  return [
    ...parked.map((entry) => ({ kind: 'parked' as const, entry, ageMs: Math.max(0, now - entry.since) })),
    ...deadlines.map((deadline) => ({ kind: 'deadline' as const, deadline })),
  ]
}

import { randomUUID } from 'node:crypto'
import { hasCode, needNothing, type Store, writeNothing } from '@waybill/core'
import type { RelayPosition } from './relay.ts'

/** Under this source a store keeps the position of its relay, beside the offsets of its consumer. */
export const relaySource = { source: 'relay', partition: 0 } as const
const { source, partition } = relaySource
const things = ['relay']
/** Long enough for a pause of the process, short enough for those who wait for its events if it was killed. */
const forMs = 5_000

/**
 * Keeps a relay's position in the store whose events it publishes, by compare-and-set, and its lease.
 *
 * The lease only spares Kafka repetitions. A relay that has lost it, and does not know yet, begins at a position up to
 * which all is published and goes on in order, as its successor does. So whichever of the two is the first to publish an
 * event, all events before it were published before it: what the other adds is a repetition of what stands there
 * already, and consumers drop it by its id. And of the two only one moves the position.
 */
export function storedPosition(
  store: Pick<Store, 'offsets' | 'transact' | 'share' | 'leave'>,
): RelayPosition {
  const as = `relay ${randomUUID()}`
  /** What this process has last read or written. */
  let position = 0
  let isShared = false

  async function renew(): Promise<boolean> {
    const part = await store.share({ as, of: things, inHand: [], forMs })
    isShared = part.others.length > 0
    return part.things.length > 0
  }

  return {
    load: async () => {
      if (!(await renew())) return undefined
      const own = (await store.offsets()).find(
        (offset) => offset.source === source && offset.partition === partition,
      )
      position = own?.next ?? 0
      return position
    },
    save: async (next) => {
      const offsets = [{ source, partition, expected: position, next }]
      try {
        await store.transact(needNothing, () => ({ ...writeNothing, offsets }))
      } catch (error) {
        if (hasCode(error, 'OFFSETS_LOST')) return false
        throw error
      }
      position = next
      return true
    },
    renew,
    isShared: () => isShared,
    release: () => store.leave(as),
  }
}

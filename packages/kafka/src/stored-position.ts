import { hasCode, needNothing, type Store, writeNothing } from '@waybill/core'
import type { RelayPosition } from './relay.ts'

/** The source under which a store keeps the position of its relay, beside the offsets of its consumer. */
const source = 'relay'

/**
 * Keeps a relay's position in the store whose events it publishes, by compare-and-set: of two relays that publish the
 * same, which does no harm, one finds out when it saves, and goes on from where the other is.
 */
export function storedPosition(store: Pick<Store, 'offsets' | 'transact'>): RelayPosition {
  let saved = 0
  return {
    load: async () => {
      const found = (await store.offsets()).find((offset) => offset.source === source)
      saved = found?.next ?? 0
      return saved
    },
    save: async (position) => {
      if (position === saved) return true
      const offset = { source, partition: 0, next: position, expected: saved }
      try {
        await store.transact(needNothing, () => ({ ...writeNothing, offsets: [offset] }))
      } catch (error) {
        if (hasCode(error, 'OFFSETS_LOST')) return false
        throw error
      }
      saved = position
      return true
    },
    release: async () => {},
  }
}

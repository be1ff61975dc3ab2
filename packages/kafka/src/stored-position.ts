import { hasCode, needNothing, type Store, writeNothing } from '@waybill/core'
import type { RelayPosition } from './relay.ts'

/** Under this source a store keeps two numbers of its relay, beside the offsets of its consumer: */
const source = 'relay'
/** … how far it has published, */
const positionPart = 0
/** … and until when, in milliseconds since 1970, one process alone may publish. */
const leasePart = 1
/** Long enough for a pause of the process, short enough for those who wait for its events if it was killed. */
const leaseMs = 6_000
/** A time that is over. */
const released = 1

/**
 * Keeps a relay's position in the store whose events it publishes, and its lease, both by compare-and-set. Should clocks
 * differ so much that two processes publish at once, one finds out when it saves; what came twice does no harm.
 */
export function storedPosition(store: Pick<Store, 'offsets' | 'transact'>): RelayPosition {
  /** What this process has last read or written. */
  let position = 0
  let until = 0

  async function write(nextPosition: number, nextUntil: number): Promise<boolean> {
    const offsets = [
      { source, partition: positionPart, expected: position, next: nextPosition },
      { source, partition: leasePart, expected: until, next: nextUntil },
    ].filter(({ next, expected }) => next !== expected)
    try {
      await store.transact(needNothing, () => ({ ...writeNothing, offsets }))
    } catch (error) {
      if (hasCode(error, 'OFFSETS_LOST')) return false
      throw error
    }
    position = nextPosition
    until = nextUntil
    return true
  }

  return {
    load: async () => {
      const own = (await store.offsets()).filter((offset) => offset.source === source)
      const read = (part: number): number => own.find(({ partition }) => partition === part)?.next ?? 0
      const now = Date.now()
      if (read(leasePart) > now && read(leasePart) !== until) return undefined
      position = read(positionPart)
      until = read(leasePart)
      return (await write(position, now + leaseMs)) ? position : undefined
    },
    save: (next) => write(next, Date.now() + leaseMs),
    release: async () => {
      await write(position, released)
    },
  }
}

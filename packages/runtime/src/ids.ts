import { randomFillSync } from 'node:crypto'
import type { Ids } from '@waybill/core'

const tailBytes = 8
/** A tail, and two bytes for where the counter of a new millisecond starts. */
const idBytes = tailBytes + 2
const poolBytes = 512 * idBytes

/**
 * UUIDs of version 7 (RFC 9562, method 1 of 6.2): milliseconds, a counter of 12 bits, 62 random bits.
 * The counter starts in the lower half of its range every millisecond. When it runs over, the time part is moved on by
 * one, ahead of the clock: order within the process matters more than the exact millisecond. A clock that is set back
 * changes nothing for the same reason.
 */
export function createIds(now: () => number = Date.now): Ids {
  const pool = Buffer.allocUnsafe(poolBytes)
  let used = poolBytes
  let time = 0
  let counter = 0
  let head = ''

  const startMillisecond = (ms: number): void => {
    time = ms
    counter = pool.readUInt16LE(used + tailBytes) & 0x7ff
    const hex = ms.toString(16).padStart(12, '0')
    head = `${hex.slice(0, 8)}-${hex.slice(8)}-7`
  }

  return {
    newId() {
      if (used === poolBytes) {
        randomFillSync(pool)
        used = 0
      }
      const ms = now()
      if (ms > time) startMillisecond(ms)
      else if (++counter > 0xfff) startMillisecond(time + 1)
      // The variant takes the two upper bits of this byte.
      pool[used] = (pool[used]! & 0x3f) | 0x80
      const tail = pool.toString('hex', used, used + tailBytes)
      used += idBytes
      return `${head}${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`
    },
  }
}

/** The milliseconds since 1970 in a UUID of version 7; `undefined` for any other text. */
export function timeOfId(id: string): number | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id) ? parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined
}

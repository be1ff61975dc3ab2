import { randomUUID } from 'node:crypto'
import type { RelayPosition } from './relay.ts'

/** How far a service is published, for several processes that each ask for a handle. */
export interface LeasedPosition {
  readonly saved: number
  handle(): RelayPosition
}

/** @param leaseMs a handle that has not saved for so long has lost the lease */
export function leasedPosition(leaseMs = 10_000): LeasedPosition {
  let saved = 0
  let owner: string | undefined
  let until = 0
  return {
    get saved() {
      return saved
    },
    handle: () => {
      const me = randomUUID()
      const isFree = (): boolean => owner === undefined || owner === me || Date.now() > until
      return {
        load: async () => {
          if (!isFree()) return undefined
          owner = me
          until = Date.now() + leaseMs
          return saved
        },
        save: async (position) => {
          if (owner !== me) return false
          saved = position
          until = Date.now() + leaseMs
          return true
        },
        release: async () => {
          if (owner === me) owner = undefined
        },
      }
    },
  }
}

import type { RelayPosition } from './relay.ts'

/** A position that nobody else wants, and that lives as long as the test. */
export function memoryPosition(): RelayPosition & { saved: number } {
  return {
    saved: 0,
    async load() {
      return this.saved
    },
    async save(position) {
      this.saved = position
      return true
    },
    renew: async () => true,
    isShared: () => false,
    release: async () => {},
  }
}

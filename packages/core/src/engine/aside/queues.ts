import type { QueueChange } from '../../ports/store.ts'

/** A queue as a batch sees it. */
export interface Queue {
  readonly expected: number
  length: number
  /** An event of this batch stays in it: those behind it stay, too. */
  isBlocked: boolean
  next: QueueChange['next']
}

/** The queues that a batch has to do with. */
export class Queues {
  readonly #loaded: ReadonlyMap<string, number>
  readonly #queues = new Map<string, Queue>()

  /** @param loaded lengths of those that were there when the batch was loaded */
  constructor(loaded: ReadonlyMap<string, number>) {
    this.#loaded = loaded
  }

  /** Whether nothing at all is set aside, of any queue that the batch could have to do with. */
  areEmpty(): boolean {
    return this.#loaded.size === 0 && this.#queues.size === 0
  }

  of(name: string): Queue {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const expected = this.#loaded.get(name) ?? 0
    const queue: Queue = { expected, length: expected, isBlocked: false, next: undefined }
    this.#queues.set(name, queue)
    return queue
  }

  changes(): QueueChange[] {
    return [...this.#queues].flatMap(([queue, { expected, length, isBlocked, next }]) => {
      if (length === expected && !isBlocked) return []
      return { queue, expected, length, next: next ?? (expected === 0 ? { afterMs: 0 } : undefined) }
    })
  }
}

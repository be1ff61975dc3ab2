import { sizes } from '../../limits.ts'
import type { Message, Poll } from '../../ports/log.ts'
import type { Offset } from '../../ports/store.ts'
import { type Fence, fenceOf, partitionOf } from './fence.ts'

export type Place = Pick<Offset, 'source' | 'partition'>

/** Messages for one batch. */
export interface Taken {
  readonly messages: readonly Message[]
  /** How far the log is handled once these and everything that was taken before are committed. */
  readonly reached: readonly Offset[]
  /** `undefined` where nothing was taken from a log. */
  readonly fence: Fence | undefined
}

/** What the log has brought and no batch has taken yet, and how far each partition is read and saved. */
export class Backlog {
  /** The offsets last saved or asked for, by partition. */
  readonly saved = new Map<string, Offset>()
  readonly #held = new Set<string>()
  #messages: Message[] = []
  /** How far each partition was read once all messages are handled. */
  #read = new Map<string, Offset>()
  /** Whether something was read of which nothing is to be handled. */
  #isMerelyRead = false
  #era = {}

  get size(): number {
    return this.#messages.length
  }

  /** Of the reading: another one after each reset. */
  get era(): object {
    return this.#era
  }

  isEmpty(): boolean {
    return this.#messages.length === 0 && !this.#isMerelyRead
  }

  /** Adds what a poll has brought; `wanted` are those of its messages that are to be handled. */
  add(poll: Poll, wanted: readonly Message[]): void {
    const kept = wanted.filter((message) => !this.#isHeld(message))
    this.#messages.push(...kept)
    for (const next of poll.next) if (!this.#isHeld(next)) this.#read.set(partitionOf(next), next)
    for (const gone of poll.gone ?? []) this.#read.delete(partitionOf(gone))
    if (kept.length === 0 && poll.messages.length + poll.next.length > 0) this.#isMerelyRead = true
  }

  /** At most so many, and about a page in bytes. */
  take(max: number): Taken {
    const messages = this.#messages.splice(0, fitting(this.#messages, max))
    this.#isMerelyRead = false
    return {
      messages: messages.filter((message) => this.#isFresh(message)),
      reached: this.#reached(messages),
      fence: fenceOf(this.#era, this.saved),
    }
  }

  /** Whether what was taken within this fence is still this reader's, and may be handled now. */
  isCurrent(fence: Fence, of: Place): boolean {
    return fence.era === this.#era && !this.#isHeld(of)
  }

  forget(): void {
    this.#messages = []
    this.#read = new Map()
    this.#isMerelyRead = false
    this.#era = {}
  }

  /** Takes nothing more of this partition. */
  hold(place: Place): void {
    const name = partitionOf(place)
    this.#held.add(name)
    this.#messages = this.#messages.filter((message) => partitionOf(message) !== name)
    this.#read.delete(name)
  }

  release(place: Place): void {
    this.#held.delete(partitionOf(place))
  }

  #isHeld(place: Place): boolean {
    return this.#held.size > 0 && this.#held.has(partitionOf(place))
  }

  /** A log may answer from before the position asked for; what is saved is handled. */
  #isFresh(message: Message): boolean {
    return message.position < 0 || message.position >= (this.saved.get(partitionOf(message))?.next ?? 0)
  }

  #reached(messages: readonly Message[]): Offset[] {
    const left = new Set(this.#messages.map(partitionOf))
    const read = [...this.#read.values()]
    // Where nothing is left, it is handled as far as it was read: also what was filtered out.
    const whole = read.filter((offset) => !left.has(partitionOf(offset)))
    return [...whole, ...reachedBy(messages, read).filter((offset) => left.has(partitionOf(offset)))]
  }
}

/** How many of these fit into a batch: one at least. */
function fitting(messages: readonly Message[], max: number): number {
  let bytes = 0
  let count = 0
  while (count < max && count < messages.length && bytes < sizes.pageBytesMax) {
    bytes += messages[count]!.event.payload.length
    count += 1
  }
  return count
}

/**
 * How far these messages reach, by partition.
 * @param read offsets of the same reading, whose marks they get
 */
export function reachedBy(messages: readonly Message[], read: readonly Offset[]): Offset[] {
  const placed = messages.filter(({ position }) => position >= 0)
  const last = new Map(placed.map((message) => [partitionOf(message), message]))
  const marks = new Map(read.map((offset) => [partitionOf(offset), offset.mark]))
  return [...last].map(([name, { source, partition, position }]) => ({
    source,
    partition,
    next: position + 1,
    mark: marks.get(name),
  }))
}

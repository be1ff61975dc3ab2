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

interface Waiting {
  readonly message: Message
  /** Of its partition, made once. */
  readonly name: string
}

/** What the log has brought and no batch has taken yet, and how far each partition is read and saved. */
export class Backlog {
  /** The offsets last saved or asked for, by partition. */
  readonly saved = new Map<string, Offset>()
  readonly #held = new Set<string>()
  #waiting: Waiting[] = []
  /** How far each partition was read once all messages are handled. */
  #read = new Map<string, Offset>()
  /** Whether something was read of which nothing is to be handled. */
  #isMerelyRead = false
  #era = {}

  get size(): number {
    return this.#waiting.length
  }

  /** Of the reading: another one after each reset. */
  get era(): object {
    return this.#era
  }

  isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#isMerelyRead
  }

  /** Adds what a poll has brought; `wanted` are those of its messages that are to be handled. */
  add(poll: Poll, wanted: readonly Message[]): void {
    const kept = wanted.filter((message) => !this.#isHeld(message))
    for (const message of kept) this.#waiting.push({ message, name: partitionOf(message) })
    for (const next of poll.next) if (!this.#isHeld(next)) this.#read.set(partitionOf(next), next)
    for (const gone of poll.gone ?? []) this.#read.delete(partitionOf(gone))
    if (kept.length === 0 && poll.messages.length + poll.next.length > 0) this.#isMerelyRead = true
  }

  /** At most so many, and about a page in bytes. */
  take(max: number): Taken {
    const taken = this.#waiting.splice(0, fitting(this.#waiting, max))
    this.#isMerelyRead = false
    return {
      messages: taken.flatMap((one) => (this.#isFresh(one) ? one.message : [])),
      reached: this.#reached(taken.map(({ message }) => message)),
      fence: fenceOf(this.#era, this.saved),
    }
  }

  /** Whether what was taken within this fence is still this reader's, and may be handled now. */
  isCurrent(fence: Fence, of: Place): boolean {
    return fence.era === this.#era && !this.#isHeld(of)
  }

  forget(): void {
    this.#waiting = []
    this.#read = new Map()
    this.#isMerelyRead = false
    this.#era = {}
  }

  /** Takes nothing more of this partition. */
  hold(place: Place): void {
    const name = partitionOf(place)
    this.#held.add(name)
    this.#waiting = this.#waiting.filter((one) => one.name !== name)
    this.#read.delete(name)
  }

  release(place: Place): void {
    this.#held.delete(partitionOf(place))
  }

  #isHeld(place: Place): boolean {
    return this.#held.size > 0 && this.#held.has(partitionOf(place))
  }

  /** A log may answer from before the position asked for; what is saved is handled. */
  #isFresh({ message: { position }, name }: Waiting): boolean {
    return position < 0 || position >= (this.saved.get(name)?.next ?? 0)
  }

  #reached(messages: readonly Message[]): Offset[] {
    const left = new Set(this.#waiting.map(({ name }) => name))
    const read = [...this.#read.values()]
    // Where nothing is left, it is handled as far as it was read: also what was filtered out.
    const whole = read.filter((offset) => !left.has(partitionOf(offset)))
    return [...whole, ...reachedBy(messages, read).filter((offset) => left.has(partitionOf(offset)))]
  }
}

/** How many of these fit into a batch: one at least. */
function fitting(waiting: readonly Waiting[], max: number): number {
  let bytes = 0
  let count = 0
  while (count < max && count < waiting.length && bytes < sizes.pageBytesMax) {
    bytes += waiting[count]!.message.event.payload.length
    count += 1
  }
  return count
}

/**
 * How far these messages reach, by partition.
 * @param read offsets of the same reading, whose marks they get
 */
export function reachedBy(messages: readonly Message[], read: readonly Offset[]): Offset[] {
  const last = new Map<string, Message>()
  // From behind: all but the last of a partition need only be looked up.
  let previous: Message | undefined
  for (const message of messages.toReversed()) {
    const isSame = previous?.source === message.source && previous.partition === message.partition
    if (isSame || message.position < 0) continue
    previous = message
    const name = partitionOf(message)
    if (!last.has(name)) last.set(name, message)
  }
  const marks = new Map(read.map((offset) => [partitionOf(offset), offset.mark]))
  return [...last].map(([name, { source, partition, position }]) => ({
    source,
    partition,
    next: position + 1,
    mark: marks.get(name),
  }))
}

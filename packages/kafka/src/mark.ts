/** Of which log an offset speaks: its mark, as it is saved with it. */
export interface Place {
  /** Which topic of that name. */
  readonly topicId: string
  /** The epoch of the leader that wrote the record before the offset; -1: not known. */
  readonly epoch: number
}

const written = /^(.+):(-?\d+)$/

/** As text: `<topic id>:<epoch>`. */
export function markOf({ topicId, epoch }: Place): string {
  return `${topicId}:${epoch}`
}

/** @returns undefined for none, and for what is none of ours */
export function placeOf(mark: string | undefined): Place | undefined {
  const [, topicId, epoch] = written.exec(mark ?? '') ?? []
  return topicId === undefined ? undefined : { topicId, epoch: Number(epoch) }
}

import type { Offset } from '@waybill/core'
import { markOf, placeOf } from './mark.ts'

/** From where on a partition is read. */
export interface Position {
  /** The offset to fetch next. */
  next: number
  /** Which topic of that name it is; `undefined`: whichever is there. */
  topicId: string | undefined
  /** The epoch of the record before `next`; -1: not known. */
  epoch: number
}

/** A partition that is read. */
export interface Reading extends Position {
  readonly topic: string
  readonly partition: number
  /** Whether it was saved of which topic it is. */
  readonly isMarked: boolean
}

/** @param saved what was saved of it; `undefined`: nothing */
export function readingFrom(topic: string, partition: number, saved: Offset | undefined): Reading {
  const { next = 0, mark } = saved ?? {}
  const place = placeOf(mark)
  return {
    topic,
    partition,
    next,
    topicId: place?.topicId,
    epoch: place?.epoch ?? -1,
    isMarked: place !== undefined,
  }
}

/** What is to be saved when all before `next` is handled. */
export function offsetOf({ topic, partition, topicId, next, epoch }: Reading): Offset {
  const offset = { source: topic, partition, next }
  return topicId === undefined ? offset : { ...offset, mark: markOf({ topicId, epoch }) }
}

/** Whether it still is to be read from there: what was found out about it may be of another time. */
export function isAt({ next, topicId, epoch }: Reading, position: Position): boolean {
  return next === position.next && topicId === position.topicId && epoch === position.epoch
}

export function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`
}

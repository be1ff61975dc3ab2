import type { StoredEvent } from '@waybill/core'
import { sizeOf } from './requests.ts'
import type { OutgoingRecord } from './write-record.ts'

/**
 * A broker takes no record of this size. It can only be an event from before payloads were bounded, or a topic that takes
 * less than it should. Nothing behind it is published, as that might be of its key.
 */
export class EventTooLarge extends Error {
  readonly code = 'LIMIT_EXCEEDED'
  readonly family = 'terminal'
  readonly help = 'Let the topic take larger records (max.message.bytes). It is tried again by itself.'
  readonly position: number

  constructor({ id, type, topic, position }: StoredEvent, record: OutgoingRecord, cause: unknown) {
    super(
      `Event ${id} (${type}) is a record of ${sizeOf(record)} bytes, which is too large for the topic ${topic}`,
      {
        cause,
      },
    )
    this.name = 'EventTooLarge'
    this.position = position
  }
}

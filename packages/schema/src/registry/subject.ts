import type { EventDef, SystemDef } from '@waybill/core'
import { fullNameOf } from '../avro.ts'

/** Where the schemas of an event are found in a registry. */
export interface Subjects {
  /** Where the event's schema is registered now. */
  readonly current: string
  /** Also where it was, or may have been, when its topic carried more or fewer types of events. */
  readonly all: readonly string[]
}

/**
 * The subjects of an event. It is registered under `<topic>-value` when it is alone on its topic (Confluent's
 * TopicNameStrategy), else under its record's full name, `waybill.shop.OrderCreated` (RecordNameStrategy).
 */
export function subjectsOf(system: SystemDef, event: EventDef): Subjects {
  const byRecord = fullNameOf(system, event)
  const topic = event.topic?.name
  if (topic === undefined) return { current: byRecord, all: [byRecord] }
  const byTopic = `${topic}-value`
  const sharers = [...system.events.values()].filter((other) => other.topic?.name === topic)
  return { current: sharers.length === 1 ? byTopic : byRecord, all: [byTopic, byRecord] }
}

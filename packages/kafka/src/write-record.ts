import type { MessageToProduce } from '@platformatic/kafka'
import { invariant, type StoredEvent } from '@waybill/core'
import { headerNames } from './cloud-event-headers.ts'
import { placeOf } from './partition-of.ts'
import { derivedTraceparent } from './traceparent.ts'

/**
 * How payloads are written: Avro binary in the Confluent wire format, which begins with five bytes for the schema's id, or
 * JSON. See docs/reference/wire-format.md.
 */
export type ContentType = 'application/avro' | 'application/json'

/** A record as the client takes it. */
export type OutgoingRecord = MessageToProduce

const nameBytes = Object.fromEntries(
  Object.entries(headerNames).map(([attribute, name]) => [attribute, Buffer.from(name)]),
) as Record<keyof typeof headerNames, Buffer>
const version = Buffer.from('1.0')

/**
 * Makes records of the events of one service: CloudEvents in binary mode, the payload as it is stored.
 * @param options.source the `ce_source` of its events, such as `/waybill/shop/orders`
 */
export function recordWriter(options: {
  source: string
  contentType: ContentType
}): (event: StoredEvent) => OutgoingRecord {
  const source = Buffer.from(options.source)
  const contentType = Buffer.from(options.contentType)
  const types = new Map<string, Buffer>()
  // The events of a batch have one time.
  let time = { at: Number.NaN, text: version }

  function typeOf(type: string): Buffer {
    let bytes = types.get(type)
    if (bytes === undefined) types.set(type, (bytes = Buffer.from(type)))
    return bytes
  }

  function timeOf(at: number): Buffer {
    if (at !== time.at) time = { at, text: Buffer.from(new Date(at).toISOString()) }
    return time.text
  }

  return (event) => {
    const { topic, at, payload } = event
    invariant(topic !== undefined, 'An event without a topic is not published.')
    const key = Buffer.from(event.key)
    const headers = new Map([
      [nameBytes.specVersion, version],
      [nameBytes.id, Buffer.from(event.id)],
      [nameBytes.source, source],
      [nameBytes.type, typeOf(event.type)],
      [nameBytes.time, timeOf(at)],
      [nameBytes.correlationId, Buffer.from(event.correlationId)],
      [nameBytes.contentType, contentType],
      [nameBytes.traceparent, Buffer.from(event.traceparent ?? derivedTraceparent(event))],
    ])
    if (event.subject !== undefined) headers.set(nameBytes.subject, Buffer.from(event.subject))
    if (event.causationId !== undefined) headers.set(nameBytes.causationId, Buffer.from(event.causationId))
    return {
      topic,
      // The client takes it modulo the number of partitions.
      partition: placeOf(key),
      key,
      value: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      // Without a timestamp of its own: brokers delete by that, and an event is kept for a while after it is published,
      // however old it is.
      headers,
    }
  }
}

import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { Message } from '@waybill/core'
import { headerNames } from './cloud-event-headers.ts'
import { producerOf } from './event-source.ts'
import { asUuid } from './name-uuid.ts'
import { structuredEvent } from './structured-event.ts'
import { derivedTraceparent } from './traceparent.ts'

/** A record as it comes from a topic, whoever wrote it. */
export interface IncomingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

/** What a record says, and who says it. */
export type Published = Pick<Message, 'producer' | 'event'>

type Attribute = keyof typeof headerNames

/** By the lengths of their names, which tell most of them apart: to read each name as text would take longer than all else. */
const attributesByLength = Map.groupBy(
  Object.entries(headerNames).map(([attribute, name]) => ({
    attribute: attribute as Attribute,
    bytes: Buffer.from(name),
  })),
  ({ bytes }) => bytes.length,
)
const structuredType = /^application\/cloudevents/i
const traceContext = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
/** Bytes of a key that stores have to take as it is. */
const keyMax = 1_000
/** No event of ours has so long a name. */
const typeMax = 200
const nothing = Buffer.alloc(0)

/**
 * Reads the event in a record: a CloudEvent in binary or structured mode. Where the id of the payload's schema stands in
 * a header (`__value_schema_id`, in either of Confluent's forms), it is put before the payload, as it is elsewhere.
 *
 * A record that is no CloudEvent becomes an event of type `''` with the value as its payload and an id that follows from
 * its place: nobody declares such a type, so it is set aside as UNKNOWN_EVENT, and nothing is lost. It never throws:
 * whoever may write to a topic may write anything.
 * @param system whose services are told from everybody else, by the source that they name
 */
export function readRecord(record: IncomingRecord, system: string): Published {
  const { topic, partition, offset } = record
  const value = record.value ?? nothing
  const headers = headersOf(record)
  const structured = structuredType.test(headers.contentType?.toString() ?? '')
    ? structuredEvent(value)
    : undefined
  const text = (attribute: Attribute): string | undefined =>
    structured?.attributes.get(headerNames[attribute].slice(prefixLength)) ?? headers[attribute]?.toString()

  const type = text('type')
  const givenId = text('id')
  const isEvent = isName(type) && givenId !== undefined
  const source = text('source')
  const id = isEvent ? asUuid(givenId, source) : asUuid(`${topic}/${partition}/${offset}`)
  // They name events, or what its source names like them.
  const correlationId = asUuid(text('correlationId') ?? id, source)
  const causationId = text('causationId')
  const traceparent = headers.traceparent?.toString()
  const at = Date.parse(text('time') ?? '')
  const event = {
    id,
    type: isEvent ? type : '',
    topic,
    // Without a key there is no order to keep: each such event is alone.
    key: record.key === null ? id : keyOf(record.key),
    subject: text('subject'),
    correlationId,
    causationId: causationId === undefined ? undefined : asUuid(causationId, source),
    traceparent: isWorthKeeping(traceparent, { correlationId, id }) ? traceparent : undefined,
    at: Number.isNaN(at) ? record.timestamp : at,
    payload: (isEvent && structured?.data) || withSchemaId(value, headers.valueSchemaId),
  }
  return { producer: producerOf(system, source), event }
}

/** CloudEvents allows no control characters, and a type is shown and logged as it is. */
function isName(type: string | undefined): type is string {
  return type !== undefined && type.length <= typeMax && !/\p{Cc}/u.test(type)
}

/** In structured mode attributes have no prefix. */
const prefixLength = 'ce_'.length

function headersOf({ headers }: IncomingRecord): Partial<Record<Attribute, Buffer>> {
  const found: Partial<Record<Attribute, Buffer>> = {}
  for (const [name, value] of headers) {
    if (name === null || value === null) continue
    for (const { attribute, bytes } of attributesByLength.get(name.length) ?? []) {
      if (bytes.equals(name)) found[attribute] = value
    }
  }
  return found
}

/** The derived one follows again, and need not be stored. */
function isWorthKeeping(
  traceparent: string | undefined,
  event: Parameters<typeof derivedTraceparent>[0],
): boolean {
  return traceparent !== derivedTraceparent(event) && traceContext.test(traceparent ?? '')
}

/** A key that is no text, such as a number, in hexadecimal digits; one that is very long by its hash. */
export function keyOf(key: Buffer): string {
  if (key.length > keyMax) return `sha256:${hash('sha256', key)}`
  return isUtf8(key) ? key.toString() : `0x${key.toString('hex')}`
}

function withSchemaId(value: Buffer, schemaId: Buffer | undefined): Buffer {
  return schemaId === undefined ? value : Buffer.concat([schemaId, value])
}

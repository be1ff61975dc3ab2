import { type Codec, type EventDef, messageOf, type SystemDef } from '@waybill/core'
import type { Type } from 'avsc'
import { absentAgain, type Mend } from './absent.ts'
import { fullNameOf } from './avro.ts'
import type { AvroSchema } from './avro-schema.ts'
import { avroType } from './avro-type.ts'
import { Comparison } from './comparison.ts'
import { misfitsOf, payloadInvalid, payloadUnreadable } from './payload-errors.ts'
import { perEvent } from './per-event.ts'
import { unreadableAt } from './unreadable-at.ts'
import { headerBytes, headerBytesOf, type SchemaId, schemaIdIn, writeHeader } from './wire.ts'

/** Which id stands for which schema, known without asking anybody. */
export interface SchemaIds {
  /** The id under which the schema of an event, as it is now, is registered. */
  idOf(event: EventDef): number
  /** The schema with an id, whoever wrote with it; `undefined` when it is not known here. */
  schemaOf(id: SchemaId): AvroSchema | undefined
  /** See `Codec.learn`. */
  learn?(payloads: Iterable<Uint8Array>): Promise<void>
}

/** Reads what was written with one schema as the event's schema of now. */
interface Reader {
  /** `offset` is where it ended. */
  read(payload: Buffer): { value: any; offset: number }
  /** Where in the payload it fails, as a beginning of the message. */
  where(payload: Buffer): string
}

interface EventCodec {
  readonly type: Type
  readonly id: number
  readonly mend: Mend
  /** By the writer's schema id; filled as ids turn up. */
  readonly readers: Map<SchemaId, Reader>
}

/**
 * Avro binary in Confluent's wire format: the schema's id and the value. Properties that the schema does not
 * have are not written.
 * @throws SYSTEM_INVALID when Avro cannot express an event of the system
 */
export function createAvroCodec(system: SystemDef, ids: SchemaIds): Codec {
  const codecOf = perEvent<EventCodec>(system, (event, type) => ({
    type,
    id: ids.idOf(event),
    mend: absentAgain(event.schema),
    readers: new Map(),
  }))
  // Every payload is written here first, since its length is only known afterwards.
  let scratch = Buffer.allocUnsafeSlow(64 * 1024)

  return {
    ...(ids.learn && { learn: ids.learn }),
    encode(event, data) {
      const { type, id } = codecOf(event)
      try {
        let end = type.encode(data, scratch, headerBytes)
        if (end < 0) {
          // It ends at minus the number of bytes that are missing.
          scratch = Buffer.allocUnsafeSlow(2 * (scratch.length - end))
          end = type.encode(data, scratch, headerBytes)
        }
        writeHeader(scratch, id)
        return Buffer.from(scratch.subarray(0, end))
      } catch (error) {
        throw payloadInvalid(event, misfitsOf(type, data) || messageOf(error))
      }
    },

    decode(event, payload) {
      const codec = codecOf(event)
      const { value, offset } = read(event, codec, payload)
      if (offset < 0) throw payloadUnreadable(event, 'it ends too early')
      if (offset < payload.length) throw payloadUnreadable(event, 'it goes on after its end')
      return codec.mend(value)
    },

    isNewer(payload, type) {
      const writer = schemaIdIn(payload)
      const schema = writer === undefined ? undefined : ids.schemaOf(writer)
      if (typeof schema !== 'object' || !('namespace' in schema)) return false
      if (`${schema.namespace}.${schema.name}` !== fullNameOf(system, { type })) return false
      const event = system.events.get(type)
      // What can always be read and was not is no event of any version.
      return (
        event === undefined ||
        new Comparison('new', 'old').clashes(codecOf(event).type, avroType(schema)).length > 0
      )
    },
  }

  function read(event: EventDef, codec: EventCodec, payload: Uint8Array): ReturnType<Reader['read']> {
    const writer = schemaIdIn(payload)
    if (writer === undefined) throw payloadUnreadable(event, 'no schema id stands before the value')
    let reader = codec.readers.get(writer)
    try {
      if (reader === undefined) {
        reader = readerOf(codec, writer)
        codec.readers.set(writer, reader)
      }
      return reader.read(bufferOn(payload))
    } catch (error) {
      const where = reader?.where(bufferOn(payload)) ?? ''
      throw payloadUnreadable(event, where + messageOf(error), error)
    }
  }

  function readerOf({ type, id }: EventCodec, writer: SchemaId): Reader {
    const schema = writer === id ? undefined : ids.schemaOf(writer)
    if (schema === undefined && writer !== id) {
      throw new Error(
        `it was written with schema ${writer}, which the schema registry does not have; was it written with another registry?`,
      )
    }
    const written = schema === undefined ? type : avroType(schema)
    const resolver = schema && type.createResolver(written, { ignoreNamespaces: true })
    const begin = headerBytesOf(writer)
    return {
      read: (payload) => type.decode(payload, begin, resolver),
      where(payload) {
        const place = unreadableAt(type, written, payload, begin)
        return place === '' ? '' : `${place}: `
      },
    }
  }
}

function bufferOn(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

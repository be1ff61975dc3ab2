import { type Codec, type EventDef, messageOf, type SystemDef } from '@waybill/core'
import { absentAgain } from './absent.ts'
import { misfitsOf, payloadInvalid, payloadUnreadable } from './payload-errors.ts'
import { perEvent } from './per-event.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * JSON text, held to the Avro schema both ways: what does not fit it is neither written nor read, a default
 * stands in for a missing property, and properties that the schema does not have are left out.
 * @throws SYSTEM_INVALID when Avro cannot express an event of the system
 */
export function createJsonCodec(system: SystemDef): Codec {
  const codecOf = perEvent(system, (event, type) => {
    const mend = absentAgain(event.schema)
    // A copy through the binary form checks, fills in and leaves out as that form does.
    return { type, fit: (value: unknown) => mend(type.clone(value)) }
  })
  return {
    encode(event, data) {
      const { type, fit } = codecOf(event)
      try {
        return Buffer.from(JSON.stringify(fit(data)))
      } catch (error) {
        throw payloadInvalid(event, misfitsOf(type, data) || messageOf(error))
      }
    },

    decode(event, payload) {
      const { type, fit } = codecOf(event)
      const value = parse(event, payload)
      try {
        return fit(value)
      } catch (error) {
        throw payloadUnreadable(event, misfitsOf(type, value) || messageOf(error))
      }
    },
  }
}

function parse(event: EventDef, payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(payload))
  } catch (error) {
    throw payloadUnreadable(event, messageOf(error), error)
  }
}

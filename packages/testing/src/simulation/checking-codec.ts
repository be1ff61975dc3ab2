import { type Codec, jsonCodec, WaybillError } from '@waybill/core'
import { Errors } from 'typebox/value'

/** JSON that is checked against the event's schema before it is written, as the codecs of production are. */
export const checkingCodec: Codec = {
  encode: (event, data) => {
    const faults = Errors(event.schema, data).map(({ instancePath, message }) => `${instancePath} ${message}`)
    if (faults.length > 0) throw new WaybillError('PAYLOAD_INVALID', `${event.type}: ${faults.join('; ')}`)
    return jsonCodec.encode(event, data)
  },
  decode: (event, payload) => jsonCodec.decode(event, payload),
}

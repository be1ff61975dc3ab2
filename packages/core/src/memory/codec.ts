import { WaybillError, messageOf } from '../errors.ts'
import type { Codec } from '../ports/codec.ts'

// Every JavaScript runtime has these two; the ES library that core compiles with does not list them.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Payloads as JSON, unchecked: for tests and simulations. */
export const jsonCodec: Codec = {
  encode: (_, data) => encoder.encode(JSON.stringify(data)),
  decode: (event, payload) => {
    try {
      return JSON.parse(decoder.decode(payload)) as Record<string, unknown>
    } catch (cause) {
      throw new WaybillError('PAYLOAD_UNREADABLE', `A ${event.type} is no JSON: ${messageOf(cause)}`, {
        cause,
      })
    }
  },
}

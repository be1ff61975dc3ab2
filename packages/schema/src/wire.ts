/** In Confluent's wire format a zero and the schema's id, four bytes big-endian, stand before the value. */
export const headerBytes = 5

/** Writes the header before the value. */
export function writeHeader(payload: Buffer, schemaId: number): void {
  payload[0] = 0
  payload.writeUInt32BE(schemaId, 1)
}

/** The id of the schema with which a payload was written; `undefined` when it is not in the wire format. */
export function schemaIdIn(payload: Uint8Array): number | undefined {
  if (payload.length < headerBytes || payload[0] !== 0) return undefined
  return ((payload[1]! << 24) | (payload[2]! << 16) | (payload[3]! << 8) | payload[4]!) >>> 0
}

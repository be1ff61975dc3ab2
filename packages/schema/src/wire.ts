/**
 * In Confluent's wire format the writer's schema stands before the value: a zero and its id, four bytes big-endian, or a
 * one and its GUID, 16 bytes.
 */
export const headerBytes = 5
const guidHeaderBytes = 17

/** What stands for a schema in a payload: the number that the registry gave it, or its GUID, a UUID in lower case. */
export type SchemaId = number | string

/** Writes the header before the value. */
export function writeHeader(payload: Buffer, schemaId: number): void {
  payload[0] = 0
  payload.writeUInt32BE(schemaId, 1)
}

/** The id of the schema with which a payload was written; `undefined` when it is not in the wire format. */
export function schemaIdIn(payload: Uint8Array): SchemaId | undefined {
  if (payload[0] === 1) return guidIn(payload)
  if (payload.length < headerBytes || payload[0] !== 0) return undefined
  return ((payload[1]! << 24) | (payload[2]! << 16) | (payload[3]! << 8) | payload[4]!) >>> 0
}

/** Where the value begins behind an id. */
export function headerBytesOf(id: SchemaId): number {
  return typeof id === 'number' ? headerBytes : guidHeaderBytes
}

/** 16 bytes as a UUID is written. */
export function uuidOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

function guidIn(payload: Uint8Array): string | undefined {
  return payload.length < guidHeaderBytes ? undefined : uuidOf(payload.subarray(1, guidHeaderBytes))
}

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: Number,
  23: Number,
  3802: (text) => JSON.parse(text),
}

const asText = (text: string): string => text

/** How values of a result are read: bool, bytea, int8 and int4, jsonb; the others stay text. */
export const resultTypes = { getTypeParser: (oid: number): any => parsers[oid] ?? asText }

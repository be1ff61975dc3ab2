import { originalJson, originalText } from './storable.ts'

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: Number,
  23: Number,
  25: originalText,
  3802: originalJson,
}

const asItIs = (text: string): string => text

/** How values of a result are read: bool, bytea, int8, int4, text and jsonb; of the others the text. */
export const resultTypes = { getTypeParser: (oid: number): any => parsers[oid] ?? asItIs }

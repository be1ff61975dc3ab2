/** The attributes of a CloudEvent by their names, and its data. */
export interface StructuredEvent {
  readonly attributes: ReadonlyMap<string, string>
  readonly data: Buffer
}

/**
 * Reads a CloudEvent in structured mode, in the JSON format: attributes and data together in the value.
 * @returns undefined when it is none
 */
export function structuredEvent(value: Buffer): StructuredEvent | undefined {
  try {
    return eventIn(JSON.parse(value.toString()))
  } catch {
    // It is no JSON, or too deep for its data to be written again.
    return undefined
  }
}

function eventIn(parsed: unknown): StructuredEvent | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { data, data_base64: base64, ...attributes } = parsed as Record<string, unknown>
  const texts = Object.entries(attributes).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return {
    attributes: new Map(texts),
    data:
      typeof base64 === 'string' ? Buffer.from(base64, 'base64') : Buffer.from(JSON.stringify(data) ?? ''),
  }
}

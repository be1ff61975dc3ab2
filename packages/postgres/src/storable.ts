/*
 * PostgreSQL has no character 0 in its texts. So 0 is kept as 1 1, and 1 as 1 2: nothing is lost, and keys keep their
 * order. In jsonb half a surrogate pair cannot stand either; it becomes U+FFFD, as it does in every text.
 */

export function storableText(text: string): string {
  if (!text.includes('\0') && !text.includes('\u0001')) return text
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\0', '\u0001\u0001')
}

export function originalText(stored: string): string {
  if (!stored.includes('\u0001')) return stored
  return stored.replaceAll('\u0001\u0001', '\0').replaceAll('\u0001\u0002', '\u0001')
}

const specialJson = /\\u(000[01]|d[89a-f])/

/** As JSON.stringify escapes them; whatever else is escaped is passed over as a whole. */
const escapes = /\\(u000[01]|ud[89a-f]..|.)/g

/** JSON for a column of type jsonb. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (!specialJson.test(json)) return json
  return json.replaceAll(escapes, (escape) => {
    if (escape === String.raw`\u0000`) return String.raw`\u0001\u0001`
    if (escape === String.raw`\u0001`) return String.raw`\u0001\u0002`
    return escape.startsWith(String.raw`\ud`) ? String.raw`\ufffd` : escape
  })
}

export function originalJson(stored: string): unknown {
  if (!stored.includes(String.raw`\u0001`)) return JSON.parse(stored)
  return JSON.parse(
    stored.replaceAll(/\\(u0001\\u000[12]|.)/g, (escape) => {
      if (escape === String.raw`\u0001\u0001`) return String.raw`\u0000`
      return escape === String.raw`\u0001\u0002` ? String.raw`\u0001` : escape
    }),
  )
}

/** As it stands in JSON: a whole pair, one half of a pair alone, or any other escape. */
const escapes =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/gs

/**
 * Whether a text of JSON says half of a character, one surrogate without its other. No database keeps such a text as it is:
 * what was decided on it would be another thing once it is read again.
 */
export function hasHalfCharacter(text: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false
  return [...text.matchAll(escapes)].some(([, half]) => half !== undefined)
}

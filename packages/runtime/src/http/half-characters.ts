import { fieldsOf } from './fields-of.ts'
import type { FieldError } from './problem.ts'

/** As it stands in JSON: a whole pair, one half of a pair alone, or any other escape. */
const escapes =
  /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/gs

/**
 * The fields of a body that hold half of a character, one surrogate without its other. No database keeps such a text as it
 * is: what was decided on it would be another thing once it is read again.
 * @param depthMax how deep the body may be
 */
export function halfCharacters(text: string, depthMax: number): readonly FieldError[] {
  if (!hasHalfCharacter(text)) return []
  const fields = [...fieldsOf({ body: parsed(text) }, depthMax + 1)]
  const detail = 'must not hold half a character'
  const errors = fields
    .filter(({ value }) => typeof value === 'string' && !value.isWellFormed())
    .map(({ pointer }) => ({ pointer: pointer.slice('/body'.length), detail }))
  // Else it is in the name of a field.
  return errors.length > 0 ? errors : [{ pointer: '', detail }]
}

/** What is no JSON is refused as such, later. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hasHalfCharacter(text: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false
  return [...text.matchAll(escapes)].some(([, half]) => half !== undefined)
}

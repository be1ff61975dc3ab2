const quote = 0x22
const backslash = 0x5c
/** `[` and `{`, `]` and `}`. */
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/**
 * Whether a text of JSON has lists and objects in each other more than `max` deep. To be asked before it is parsed: a
 * parser goes as deep as the text does, and whoever walks through the value afterwards may run out of stack.
 */
export function isNestedDeeper(text: string, max: number): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (isInString) {
      if (code === backslash) at += 1
      else if (code === quote) isInString = false
    } else if (code === quote) isInString = true
    else if (opening.has(code)) {
      depth += 1
      if (depth > max) return true
    } else if (closing.has(code)) depth -= 1
  }
  return false
}

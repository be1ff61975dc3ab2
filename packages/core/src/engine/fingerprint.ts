/** A text in two numbers of 32 bits, from 0 on: two that differ have others. */
export function fingerprint(text: string): readonly [number, number] {
  let [a, b] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < text.length; at += 1) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193)
    b = Math.imul(b, 31) + text.charCodeAt(at)
  }
  return [a >>> 0, b >>> 0]
}

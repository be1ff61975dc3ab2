/** What jsonb refuses: the character 0 and half a surrogate pair, as JSON.stringify writes them. */
const unstorable = /\\u0000|\\ud[89a-f]/

/** JSON that jsonb takes, whatever strings came in from outside: U+FFFD stands for what it cannot hold. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value)
  return unstorable.test(json) ? JSON.stringify(value, (_, part: unknown) => cleaned(part)) : json
}

function cleaned(part: unknown): unknown {
  return typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\ufffd') : part
}

/** The name that a few slips of the keyboard turn into the word. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const [first] = names
    .map((name) => ({ name, slips: slipsBetween(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= Math.max(1, name.length / 3))
    .sort((one, other) => one.slips - other.slips)
  return first?.name
}

/** How many letters are to be put in, left out or exchanged: Levenshtein's distance. */
function slipsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let at = 0; at < one.length; at += 1) {
    const next = [at + 1]
    for (let to = 0; to < other.length; to += 1) {
      const exchanged = row[to]! + (one[at] === other[to] ? 0 : 1)
      next.push(Math.min(exchanged, row[to + 1]! + 1, next[to]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

import { namedKinds } from '../references.ts'

/** So many lists and objects may stand in each other. */
const depthMax = 256
/** So many records, enums and fixed types: code is made for each, which takes the process from all else. */
const definitionsMax = 1000
/** So many fields, and other places with a type, in all of them. */
const fieldsMax = 5000

/**
 * Refuses what would keep the process busy, before anything goes through it.
 * @throws Error naming the limit
 */
export function refuseTooLarge(value: unknown): void {
  let definitions = 0
  let fields = 0
  const left: { readonly part: unknown; readonly depth: number }[] = [{ part: value, depth: 0 }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { part, depth } = next
    if (typeof part !== 'object' || part === null) continue
    if (depth >= depthMax) throw new Error(`it is more than ${depthMax} levels deep`)
    if ('type' in part) {
      if (namedKinds.has(part.type as string)) definitions += 1
      else fields += 1
    }
    if (fields > fieldsMax) throw new Error(`it has more than ${fieldsMax} fields`)
    if (definitions > definitionsMax) throw new Error(`it defines more than ${definitionsMax} types`)
    for (const inner of Object.values(part)) left.push({ part: inner, depth: depth + 1 })
  }
}

import { storableText } from './storable.ts'

/** What a parameter may be; a Buffer goes over the wire in binary format. */
export type Value = Buffer | string | number | boolean | null

/** A piece of SQL with its parameters; `strings` has one more element than `values`. */
export interface Sql {
  readonly strings: readonly string[]
  readonly values: readonly Value[]
}

/** A statement ready to run. */
export interface Statement {
  readonly text: string
  /** Under which a connection keeps it parsed; without one it may be several, without parameters. */
  readonly name?: string
  readonly values?: readonly Value[]
  /** It may take as long as it takes. */
  readonly unlimited?: boolean
}

/** Writes SQL: a piece of SQL is set in as it is, everything else becomes a parameter. */
export function sql(template: TemplateStringsArray, ...parts: readonly (Value | Sql)[]): Sql {
  const strings = [template[0]!]
  const values: Value[] = []
  for (const [index, part] of parts.entries()) {
    const after = template[index + 1]!
    if (part !== null && typeof part === 'object' && 'strings' in part) {
      const [first, ...rest] = part.strings
      strings[strings.length - 1] += first!
      strings.push(...rest)
      values.push(...part.values)
      strings[strings.length - 1] += after
    } else {
      values.push(typeof part === 'string' ? storableText(part) : part)
      strings.push(after)
    }
  }
  return { strings, values }
}

/** Text of the program itself, never of a user. */
export function raw(text: string): Sql {
  return { strings: [text], values: [] }
}

export function join(parts: readonly Sql[], separator: string): Sql {
  const between = raw(separator)
  return parts.reduce(
    (joined, part, index) => (index === 0 ? part : sql`${joined}${between}${part}`),
    raw(''),
  )
}

/** More texts than a process has in use. */
const namesMax = 10_000

const names = new Map<string, string>()
let named = 0

/** One text has one name in a process, so that each connection parses it once. */
export function statement({ strings, values }: Sql): Statement {
  const text = strings.reduce((before, after, index) => `${before}$${index}${after}`)
  let name = names.get(text)
  if (name === undefined) {
    if (names.size === namesMax) names.clear()
    name = `waybill_${++named}`
    names.set(text, name)
  }
  return { name, text, values }
}

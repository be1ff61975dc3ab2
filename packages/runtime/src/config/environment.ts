import { readFileSync } from 'node:fs'
import { nearest } from '@waybill/core'

/** What a variable takes: how to read it, and the words for what is allowed. */
export interface Kind<T> {
  readonly allowed: string
  /** `undefined`: the text is not allowed. */
  parse(text: string): T | undefined
}

/** Reads variables and keeps what is wrong with them, so that all mistakes can be named at once. */
export interface Environment {
  readonly mistakes: string[]
  /** What is set, looks like ours and was not read, a sentence each; to be asked when all is read. */
  unread(): readonly string[]
  /** An empty variable counts as one that is not set. */
  read<T>(name: string, kind: Kind<T>): T | undefined
  /** One whose value may hold a password: it is never shown, and `<name>_FILE` may name a file that has it. */
  readSecret<T>(name: string, kind: Kind<T>): T | undefined
}

const ours = 'WAYBILL_'

export function createEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const mistakes: string[] = []
  const known = new Set<string>()

  const parse = <T>(name: string, text: string, kind: Kind<T>, shown: string): T | undefined => {
    const value = kind.parse(text)
    if (value === undefined) mistakes.push(`${name} is ${shown}; allowed: ${kind.allowed}`)
    return value
  }

  const fileText = (name: string, path: string): string | undefined => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch (error) {
      mistakes.push(
        // Not what it is set to: that may be the secret itself.
        `${name} names no file that can be read (${(error as NodeJS.ErrnoException).code}); allowed: the path of a file with the secret as its only text`,
      )
      return undefined
    }
  }

  return {
    mistakes,
    unread: () =>
      Object.keys(variables)
        .filter((name) => name.startsWith(ours) && variables[name] && !known.has(name))
        // Of a system that does not run in this process.
        .filter((name) => !name.startsWith(`${ours}PORT_`))
        .map((name) => {
          const meant = nearest(
            name.slice(ours.length),
            [...known].map((one) => one.slice(ours.length)),
          )
          return `${name} is no variable of ours${meant === undefined ? '' : `; did you mean ${ours}${meant}?`}`
        }),
    read(name, kind) {
      known.add(name)
      const text = variables[name]
      return text ? parse(name, text, kind, shown(text)) : undefined
    },
    readSecret(name, kind) {
      known.add(name).add(`${name}_FILE`)
      const text = variables[name]
      const fileName = `${name}_FILE`
      const path = variables[fileName]
      if (text && path) mistakes.push(`${name} and ${fileName} are both set; allowed: one of them`)
      if (text) return parse(name, text, kind, 'not usable')
      const content = path ? fileText(fileName, path) : undefined
      return content === undefined
        ? undefined
        : parse(fileName, content, kind, 'a file whose text is not usable')
    },
  }
}

/** Nobody should put a password or a key there, but who does must not find it in a log. */
function shown(text: string): string {
  return /-----BEGIN|\p{Cc}/u.test(text) ? 'not usable' : `'${text.replace(/^([\w+.-]+:\/\/)?.*@/s, '$1…@')}'`
}
